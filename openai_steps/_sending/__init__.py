"""The only package that awaits the network, reads clocks and rolls dice."""

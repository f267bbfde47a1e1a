"""The one room that awaits the network, reads clocks and rolls dice."""

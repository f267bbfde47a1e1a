"""How Sphinx builds these pages. The build needs no network: what other projects document is in ``_inventories``."""

from __future__ import annotations

import re
import sys
import zlib
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from docutils.nodes import Element
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer

project = "openai_steps"
author = "the openai_steps contributors"
project_copyright = "2026, the openai_steps contributors"
release = version = version_of("openai-steps")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "_inventories", "examples", "performance_figures.md"]
nitpicky = True

html_theme = "furo"
html_title = f"openai_steps {release}"
html_theme_options = {"light_css_variables": {"code-font-size": "0.78rem"}}  # 94 characters to a line
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
pygments_style = "a11y-light"  # furo brings it; its contrast is 4.6 or more
pygments_dark_style = "monokai"
copybutton_exclude = ".linenos, .gp, .go"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# --- Names and types ------------------------------------------------------------------------------------------------

default_role = "py:obj"
nitpick_ignore_regex = [
    # Single backticks in docstrings hold names or code: only what looks like a class, or has a parent, must be known.
    ("py:obj", r"(?![A-Z]\w+$)(?!\w+(\.\w+)+$).*"),
    ("py:.*", r"(.*\.)?([TP]|Item|Row)"),  # type variables
    ("py:class", r"(pa|pyarrow)\.Table"),  # which has no inventory here
]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True


_PUBLIC_MODULES = (
    "openai_steps",
    "openai_steps.emulator",
    "openai_steps.export",
    "openai_steps.testing",
    "openai_steps.timeline",
)


def resolve_public_name(app: Sphinx, env: BuildEnvironment, node: Element, content: Element) -> Element | None:
    """Lead from where a name is defined (``openai_steps._models.steps.RunStep``) to where it is documented."""
    if node.get("refdomain") != "py":
        return None
    domain = env.get_domain("py")
    private = re.fullmatch(r"(openai_steps(?:\.\w+)*?)\._\w+\.([\w.]+)", node["reftarget"])
    names = [f"{private[1]}.{private[2]}"] if private else []
    names += [f"{module}.{node['reftarget']}" for module in _PUBLIC_MODULES]
    for name in names:
        found = domain.resolve_xref(env, node["refdoc"], app.builder, "obj", name, node, content)
        if found is not None:
            return found
    return None


def show_factories(
    app: Sphinx, what: str, name: str, value: object, options: object, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Show what an attrs field starts with, where a factory makes it: here always an empty dict."""
    return (signature and signature.replace("NOTHING", "{}"), returns)


def find_data_docstring(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Take the text under a module's value from the module that defines it; Python does not know such texts."""
    module, _, attribute = name.rpartition(".")
    if what != "data":
        return
    for private in sorted(sys.modules):
        if private.startswith(f"{module}._"):
            found = ModuleAnalyzer.for_module(private).find_attr_docs().get(("", attribute))
            if found:
                lines[:] = found
                return


# --- Other projects -------------------------------------------------------------------------------------------------

_HERE = Path(__file__).parent
_SITES = {
    "python": "https://docs.python.org/3",
    "aiohttp": "https://docs.aiohttp.org/en/stable",
    "attrs": "https://www.attrs.org/en/stable",
    "distributed": "https://distributed.dask.org/en/stable",
    "opentelemetry": "https://opentelemetry-python.readthedocs.io/en/latest",
    "rich": "https://rich.readthedocs.io/en/stable",
    "cattrs": "https://catt.rs/en/stable",
    "hypothesis": "https://hypothesis.readthedocs.io/en/latest",
}


def write_inventory(name: str) -> str:
    """Turn ``_inventories/NAME.txt`` into the format that intersphinx reads, and return its path."""
    lines = (_HERE / "_inventories" / f"{name}.txt").read_text().splitlines()
    rows = "".join(f"{word} {role} 1 {place} -\n" for word, role, place in (line.split() for line in lines))
    head = f"# Sphinx inventory version 2\n# Project: {name}\n# Version:\n# The remainder is compressed using zlib.\n"
    path = _HERE / "_build" / "inventories" / f"{name}.inv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head.encode() + zlib.compress(rows.encode()))
    return str(path)


intersphinx_mapping = {name: (url, (write_inventory(name),)) for name, url in _SITES.items()}


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("missing-reference", resolve_public_name)
    app.connect("autodoc-process-signature", show_factories)
    app.connect("autodoc-process-docstring", find_data_docstring, priority=600)
    return {"parallel_read_safe": True}

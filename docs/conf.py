"""Sphinx builds the documentation with this file: `sphinx-build -n -W docs docs/_build`."""

import pathlib
import sys

import pkicheck

sys.path.insert(0, str(pathlib.Path(__file__).parent / "_ext"))

project = "pkicheck"
author = "The pkicheck authors"
project_copyright = author
version = release = pkicheck.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "pkicheck_docstrings", "pkicheck_tables"]
exclude_patterns = ["_build", "_ext"]
html_theme = "furo"
html_title = f"pkicheck {release}"
html_show_sphinx = False

nitpicky = True
# Fetched inventories would make the build depend on the network: names of the standard library, of attrs and of
# cryptography stay plain text.
nitpick_ignore_regex = [
    (r"py:.*", r"(abc|attrs?|collections|cryptography|datetime|decimal|enum|ipaddress|mmap|os|pathlib|types|typing)(\..*)?"),
    (r"py:.*", r"(bool|bytes|dict|float|frozenset|int|list|object|set|str|tuple|type|None|callable|iterable)"),
    (r"py:.*", r"PublicSuffixList"),
    # Types that only the inside of the package uses.
    (r"py:.*", r"pkicheck(\.\w+)*\._\w+\.\w+"),
    (r"py:.*", r"pkicheck\.dcv\.(view\.View|location\.Target)"),
    (r"py:.*", r"pkicheck\.hsmlog\.(counting\.Counted|serials\.SerialStats|readers\.\w+\.(\w+State|Bytes))"),
    # What is imported for type checkers only stands without its module.
    (r"py:.*", r"CertificateBuilder|RSAPrivateKey|EllipticCurvePrivateKey|timedelta"),
    # Type variables, and private names in the signatures of public ones.
    (r"py:.*", r"(.*\.)?(R|R_co|T|_[A-Za-z]+)"),
]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True

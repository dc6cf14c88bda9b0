"""The imports of the package go one way: each module imports only from those above it."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

import django_tinymce_jwt

NAME = "django_tinymce_jwt"
PACKAGE = Path(django_tinymce_jwt.__file__).parent

# A module may import from the rows above its own. "diagnostics.*" is a package with all its modules, which may
# also import each other; any other package is named by its __init__, and its modules have rows of their own.
ROWS = [
    ["exceptions"],
    ["secret"],
    ["content"],
    ["display"],
    ["dotted_paths"],
    ["rules"],
    ["contracts"],
    ["services"],
    ["audit"],
    ["signers.key_source"],
    ["signers.base"],
    ["signers.pem"],
    ["signers.local"],
    ["signers.key_files"],
    ["signers.aws_kms"],
    ["signers.pkcs11"],
    ["signers"],
    ["conf.defaults"],
    ["conf.validation"],
    ["conf"],
    ["claims"],
    ["tokens"],
    [NAME],
    ["origins"],
    ["endpoint"],
    ["rest_framework_schema"],
    ["views", "rest_framework", "ninja"],
    ["providers"],
    ["urls", "rest_framework_urls"],
    ["checks"],
    ["apps"],
    ["testing.*"],
    ["pytest_plugin"],
    ["diagnostics.*"],
    ["inspector.*"],
    ["management.*"],
    ["templatetags.*"],
]


class Module(NamedTuple):
    """A module of the package: its name within the package, and its file."""

    name: str
    path: Path

    @property
    def parents(self):
        """The names that one dot, two dots, ... stand for in its relative imports."""
        parts = [NAME, *([] if self.name == NAME else self.name.split("."))]
        if self.path.name != "__init__.py":
            parts.pop()
        return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]


def modules_of(folder):
    """The modules in a folder that holds the package, or a copy of it, by their names."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__") or NAME
        found[name] = Module(name, path)
    return found


def rows_of(name):
    """The numbers of the rows that list a module, by its own name or by that of a package around it."""
    parts = name.split(".")
    packages = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    listed = {name, *(f"{package}.*" for package in packages)}
    return [number for number, row in enumerate(ROWS) if listed & set(row)]


def imports_of(module, modules):
    """The names of the package's modules that a module imports, wherever in it the import stands."""
    tree = ast.parse(module.path.read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        for statement in node.body
        for inner in ast.walk(statement)
    }
    imported = set()
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = module.parents[node.level - 1] if node.level else ""
            base = ".".join(filter(None, [start, node.module]))
            # What is imported from a package is a module of it, or a name in its __init__.
            imported |= {
                name if name.removeprefix(f"{NAME}.") in modules else base
                for name in (f"{base}.{alias.name}" for alias in node.names)
            }
    return {name.removeprefix(f"{NAME}.") for name in imported if name.split(".")[0] == NAME}


def faults_in(folder):
    """All that is wrong with the imports of the package in a folder."""
    modules = modules_of(folder)
    rows = {name: rows_of(name) for name in modules}
    faults = [
        f"{name} is in {len(found)} rows of ROWS in tests/test_layout.py: list each module in exactly one."
        for name, found in rows.items()
        if len(found) != 1
    ]
    if faults:
        return faults
    for name, module in modules.items():
        for imported in sorted(imports_of(module, modules)):
            if imported not in modules:
                faults.append(f"{name} imports {imported}, which does not exist.")
                continue
            own, other = rows[name][0], rows[imported][0]
            same_package = own == other and ROWS[own][0].endswith(".*")
            if other >= own and not same_package and imported != name:
                faults.append(f"{name} imports {imported}, which is not above it in ROWS.")
    return faults


@pytest.fixture
def copy(tmp_path):
    """A copy of the package that a test may break."""
    return Path(shutil.copytree(PACKAGE, tmp_path / NAME))


def test_modules_import_only_from_those_above():
    assert faults_in(PACKAGE) == []


def test_package_imports_tokens_alone():
    modules = modules_of(PACKAGE)
    assert imports_of(modules[NAME], modules) == {"tokens"}


def test_unlisted_module_is_a_fault(copy):
    (copy / "helpers.py").touch()
    assert faults_in(copy) == ["helpers is in 0 rows of ROWS in tests/test_layout.py: list each module in exactly one."]


def test_import_of_a_module_that_does_not_exist_is_a_fault(copy):
    with (copy / "tokens.py").open("a", encoding="utf-8") as file:
        file.write("\nfrom .missing import name\n")
    assert faults_in(copy) == ["tokens imports missing, which does not exist."]


@pytest.mark.parametrize(
    "statement",
    [
        "from . import views",
        "from .views import TokenView",
        "from django_tinymce_jwt.views import TokenView",
        "from django_tinymce_jwt import views",
        "import django_tinymce_jwt.views",
        "def late():\n    from .views import TokenView",
        "try:\n    from .views import TokenView\nexcept ImportError:\n    pass",
    ],
)
def test_backward_import_is_a_fault(copy, statement):
    with (copy / "tokens.py").open("a", encoding="utf-8") as file:
        file.write(f"\n{statement}\n")
    assert faults_in(copy) == ["tokens imports views, which is not above it in ROWS."]


@pytest.mark.parametrize(
    ("statement", "imported"),
    [
        ("from . import configure", "conf"),
        ("from .validation import Problem", "conf.validation"),
        ("from .. import endpoint", "endpoint"),
        ("from ..signers import local, missing", "signers"),
    ],
)
def test_backward_import_within_a_package_is_a_fault(copy, statement, imported):
    path = copy / ("signers/pem.py" if imported == "signers" else "conf/defaults.py")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{statement}\n")
    name = path.relative_to(copy).with_suffix("").as_posix().replace("/", ".")
    assert f"{name} imports {imported}, which is not above it in ROWS." in faults_in(copy)


def test_backward_import_for_types_alone_is_allowed(copy):
    with (copy / "tokens.py").open("a", encoding="utf-8") as file:
        file.write("\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .views import TokenView\n")
    assert faults_in(copy) == []


def test_modules_of_a_starred_package_may_import_each_other(copy):
    (copy / "inspector" / "one.py").write_text("from .two import answer\n")
    (copy / "inspector" / "two.py").write_text("from . import one\n")
    assert faults_in(copy) == []

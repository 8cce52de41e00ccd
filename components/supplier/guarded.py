"""Forms that warn before unsaved changes are left, and the script that does so."""

from typing import Any

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars import VarData

from components.ui.text import t

EDITOR: rx.Var[str] = rx.Var(
    "editor_script",
    _var_type=str,
    _var_data=VarData(
        hooks={"const editor_script = useEditor()": None},
        imports={"$/public/editor.js": [ImportVar(tag="useEditor")]},
    ),
)
"""Starts the editor's script while the form that carries it is shown."""


def guard() -> dict[str, Any]:
    """Return the attributes of a form that warns before unsaved changes are left."""
    return {"data-editor-guard": t("There are unsaved changes. Leave without saving?"),
            "data-script": EDITOR}  # fmt: skip

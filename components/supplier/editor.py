"""The product editor: texts, pictures, rich text, and where it stands in the pool."""

from typing import Any

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars import VarData

from app.kit.i18n import N_
from app.kit.pictures import MAX_BYTES, TooLarge
from app.words import POOL_STATUS, PRODUCT_STATUS
from components.house.audit import history_link
from components.supplier.matrix import skus_card
from components.ui import base, forms
from components.ui.dialogs import dialog
from components.ui.text import ENGLISH, t, titled
from components.ui.uploads import PICTURE_TYPES, UPLOAD_FAILED
from components.unsaved import merge_dialog, unsaved
from state.shell import ShellState
from state.supplier.product import WRITE, ProductState

EDITOR: rx.Var[str] = rx.Var(
    "editor_script",
    _var_type=str,
    _var_data=VarData(
        hooks={"const editor_script = useEditor()": None},
        imports={"$/public/editor.js": [ImportVar(tag="useEditor")]},
    ),
)
"""Starts the editor's script while the form that carries it is shown."""


def editor() -> rx.Component:
    """Return the whole editor."""
    return rx.cond(
        ProductState.loaded,
        rx.cond(ProductState.missing, _missing(), _form()),
        rx.el.div(base.skeleton(10), class_name="card pad"),
    )


def _missing() -> rx.Component:
    back = base.link_button(t("Back to products"), ShellState.path + "/products")
    return base.card(
        base.empty(t("This product was not found"), t("It may belong to another workspace."), back)
    )


def _form() -> rx.Component:
    form = rx.el.form(
        unsaved(
            "product:" + ProductState.product_id,
            state=ProductState,
            part="product",
            round=ProductState.form_key,
            structure=ProductState.structure,
            on_lay=ProductState.lay_out,
        ),
        rx.el.input(type="hidden", name="nonce", key=ProductState.nonce,
                    default_value=ProductState.nonce,
                    custom_attrs={"data-form-skip": ""}),
        base.page_head(
            rx.cond(
                ProductState.product_id == "",
                t("New product"),
                titled(ProductState.values["title"], ProductState.values["title_en"]),
            ),
            rx.cond(
                ProductState.product_id != "", history_link("supplier", ProductState.product_id)
            ),
            *_save_buttons(),
            back=ShellState.path + "/products",
        ),
        _pool_note(),
        rx.el.div(
            rx.el.div(_texts(), _pictures(), _description(), class_name="stack"),
            rx.el.div(_shelf(), class_name="stack"),
            class_name="columns",
        ),
        skus_card(),
        rx.el.div(*_save_buttons(), class_name="foot editor-foot"),
        _reach_dialog(),
        on_submit=ProductState.submit,
        no_validate=True,
        key=ProductState.form_key,
        class_name="stack editor",
        custom_attrs={"data-editor-form": "", "data-script": EDITOR},
    )  # fmt: skip
    return rx.fragment(form, merge_dialog(ProductState))


def _save_buttons() -> list[rx.Component]:
    def save(label: Any, kind: Any, *, pushes: bool) -> rx.Component:
        return base.button(
            label,
            kind=kind,
            type="submit",
            on_click=ProductState.choose_save(pushes),
            custom_attrs={"data-save": "push" if pushes else "save"},
        )

    may = ShellState.may.contains(WRITE)
    return [
        rx.cond(
            may,
            rx.el.div(
                rx.cond(
                    (ProductState.pool == "SUBMITTED") | (ProductState.pool == "APPROVED"),
                    save(t("Save"), "primary", pushes=False),
                    rx.fragment(
                        save(t("Save"), "plain", pushes=False),
                        save(t("Save and push to pool"), "primary", pushes=True),
                    ),
                ),
                class_name="actions",
            ),
        )
    ]


def _pool_note() -> rx.Component:
    refused = rx.el.span(t("The platform refused it: "), ProductState.review_note)
    return rx.cond(
        (ProductState.pool == "REJECTED") & (ProductState.review_note != ""),
        base.note(refused, "bad"),
    )


# Texts -----------------------------------------------------------------------------------------


def _field(name: str, label: Any, *, required: bool = False, **props: Any) -> rx.Component:
    control = forms.text_input(name, ProductState.values.get(name, ""), **props)
    error = ProductState.errors.get(name, "")
    return forms.field(label, control, name=name, error=error, required=required)


def _texts() -> rx.Component:
    return base.card(
        _field("title", t("Title"), required=True, max_length=120),
        _field("title_en", t("Title in English"), max_length=160),
        _field("subtitle", t("Subtitle"), max_length=200,
               placeholder=t("One line that says why to buy it")),
        title=t("Basics"),
    )  # fmt: skip


def _shelf() -> rx.Component:
    choice = rx.foreach(
        ProductState.categories,
        lambda row: rx.el.option(rx.cond(ENGLISH, row[2], row[1]), value=row[0]),
    )
    control = forms.select(
        "category_id", [forms.option("—", ""), choice], ProductState.values.get("category_id", "")
    )
    states = base.facts(
        (t("Status"), base.badge(ProductState.status, PRODUCT_STATUS)),
        (t("Pool"), rx.cond(ProductState.pool == "", t("Not pushed"),
                            base.badge(ProductState.pool, POOL_STATUS))),
    )  # fmt: skip
    return base.card(
        forms.field(t("Category"), control, name="category_id",
                    error=ProductState.errors.get("category_id", ""), required=True),
        rx.cond(ProductState.product_id != "", states),
        title=t("Organisation"),
    )  # fmt: skip


# Pictures --------------------------------------------------------------------------------------


def _pictures() -> rx.Component:
    hidden = {"type": "text", "class_name": "sr-only", "tab_index": -1, "aria_hidden": True}
    return base.card(
        rx.el.div(
            rx.el.ol(
                rx.foreach(ProductState.pictures, _picture),
                rx.el.li(
                    rx.el.label(
                        base.icon("image-plus", 22),
                        rx.el.span(t("Add pictures")),
                        rx.el.input(
                            type="file",
                            multiple=True,
                            accept=PICTURE_TYPES,
                            class_name="sr-only",
                            aria_label=t("Add pictures"),
                        ),
                        class_name="picture-add",
                    )
                ),
                class_name="pictures",
            ),
            rx.el.input(on_change=ProductState.add_picture,
                        custom_attrs={"data-editor-picture-key": ""}, **hidden),
            rx.el.input(on_change=ProductState.drag_picture,
                        custom_attrs={"data-editor-picture-move": ""}, **hidden),
            _upload_says(),
            rx.cond(ProductState.errors.get("pictures", "") != "",
                    rx.el.p(ProductState.errors.get("pictures", ""), class_name="fault",
                            role="alert")),
            custom_attrs={"data-editor-pictures": ""},
        ),
        rx.el.p(t("JPEG, PNG, WebP, HEIC or AVIF, 8 MB each, ten at most. Drag to sort; the first"
                  " one is the cover. The pool takes only products with a picture."),
                class_name="help"),
        title=t("Pictures"),
    )  # fmt: skip


def _upload_says() -> rx.Component:
    return rx.el.p(
        class_name="help",
        role="status",
        custom_attrs={
            "data-editor-upload-says": "",
            "data-editor-uploading": t("Uploading"),
            "data-editor-max-bytes": str(MAX_BYTES),
            "data-editor-too-large": t(TooLarge.message),
            "data-editor-failed": t(UPLOAD_FAILED),
        },
    )


def _picture(key: Any, place: Any) -> rx.Component:
    buttons = rx.el.div(
        base.icon_button("arrow-left", t("Move forward"), disabled=place == 0,
                         on_click=ProductState.move_picture(key, place - 1),
                         custom_attrs={"data-form-changes": ""}),
        base.icon_button("arrow-right", t("Move back"),
                         disabled=place == ProductState.pictures.length() - 1,
                         on_click=ProductState.move_picture(key, place + 1),
                         custom_attrs={"data-form-changes": ""}),
        base.icon_button("trash-2", t("Remove"), on_click=ProductState.drop_picture(key),
                         custom_attrs={"data-form-changes": ""}),
        class_name="picture-buttons",
    )  # fmt: skip
    return rx.el.li(
        rx.el.img(src="/media/" + key + "/240.webp", alt=t("Picture %(place)s", place=place + 1)),
        rx.cond(place == 0, rx.el.span(t("Cover"), class_name="cover")),
        buttons,
        rx.cond(ProductState.spec_values.length() > 0, _shows(key, place)),
        draggable=True,
        class_name="picture",
        key=key,
        custom_attrs={"data-editor-picture": key},
    )


def _shows(key: Any, place: Any) -> rx.Component:
    return rx.el.select(
        rx.el.option(t("Shows the product"), value=""),
        rx.foreach(ProductState.spec_values, lambda value: rx.el.option(value, value=value)),
        value=ProductState.picture_values.get(key, ""),
        on_change=lambda value: ProductState.assign_picture(key, value),
        class_name="input picture-shows",
        aria_label=t("What picture %(place)s shows", place=place + 1),
        custom_attrs={"data-form-changes": ""},
    )


# Rich text -------------------------------------------------------------------------------------

_TOOLS = (
    ("bold", "bold", N_("Bold")),
    ("italic", "italic", N_("Italic")),
    ("underline", "underline", N_("Underlined")),
    ("formatBlock:h2", "heading-2", N_("Heading")),
    ("formatBlock:h3", "heading-3", N_("Smaller heading")),
    ("insertUnorderedList", "list", N_("List")),
    ("insertOrderedList", "list-ordered", N_("Numbered list")),
    ("formatBlock:blockquote", "quote", N_("Quotation")),
    ("insertHorizontalRule", "minus", N_("Line")),
    ("removeFormat", "remove-formatting", N_("Without formatting")),
)


def _description() -> rx.Component:
    tools = [
        base.icon_button(name, t(label), custom_attrs={"data-editor-command": command})
        for command, name, label in _TOOLS
    ]
    picture = rx.el.label(
        base.icon("image", 18),
        rx.el.input(type="file", accept=PICTURE_TYPES, multiple=True,
                    class_name="sr-only", aria_label=t("Picture in the text")),
        class_name="icon-btn",
        title=t("Picture in the text"),
    )  # fmt: skip
    return base.card(
        rx.el.div(
            rx.el.div(*tools, picture, class_name="rich-tools", role="toolbar",
                      aria_label=t("Formatting")),
            rx.el.div(
                content_editable=True,
                role="textbox",
                aria_label=t("Description"),
                class_name="rich",
                key=ProductState.form_key,
                custom_attrs={"data-editor-rich": "", "aria-multiline": "true",
                              "suppressContentEditableWarning": True},
            ),
            rx.el.textarea(
                name="description_html",
                default_value=ProductState.values.get("description_html", ""),
                hidden=True,
                aria_label=t("Description"),
                custom_attrs={"data-editor-rich-value": ""},
            ),
            _upload_says(),
            class_name="rich-box",
            custom_attrs={"data-editor-rich-box": ""},
        ),
        rx.cond(ProductState.errors.get("description_html", "") != "",
                rx.el.p(ProductState.errors.get("description_html", ""), class_name="fault",
                        role="alert")),
        title=t("Description"),
    )  # fmt: skip


def _reach_dialog() -> rx.Component:
    return dialog(
        rx.el.p(
            t("SKUs with another supply price: %(skus)s; listings that offer them: %(listings)s."
              " Each store follows, holds its price or pauses, as it has chosen; orders"
              " that were placed keep their price.", skus=ProductState.reached.get("skus", ""),
              listings=ProductState.reached.get("listings", "")),
            class_name="question",
        ),
        rx.el.div(
            base.button(t("Go on editing"), on_click=ProductState.dismiss),
            base.button(t("Save and tell the stores"), kind="primary",
                        on_click=ProductState.confirm, custom_attrs={"data-confirm": ""}),
            class_name="foot",
        ),
        is_open=ProductState.reached.length() > 0,
        on_close=ProductState.dismiss,
        title=t("This price change reaches stores"),
    )  # fmt: skip

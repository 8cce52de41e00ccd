"""Design tokens, shared by the console, the stores and the account pages."""

LIGHT: dict[str, str] = {
    "bg": "#f6f6f4",
    "surface": "#ffffff",
    "sunken": "#f0f0ed",
    "line": "#e3e3de",
    "line-strong": "#c9c9c2",
    "ink": "#1a1c1e",
    "soft": "#55595f",
    "faint": "#696d73",
    "good": "#116b43",
    "good-bg": "#e3f3ea",
    "warn": "#8a5300",
    "warn-bg": "#fcf0d9",
    "bad": "#b42318",
    "bad-bg": "#fde8e6",
    "info": "#1f5aa8",
    "info-bg": "#e5eefb",
    "on-accent": "#ffffff",
    "series-2": "#3d8fb0",
    "series-3": "#b97a12",
    "series-4": "#9a5cb4",
    "series-5": "#5f9140",
    "series-6": "#c2566b",
}
DARK: dict[str, str] = {
    "bg": "#101214",
    "surface": "#17191c",
    "sunken": "#1e2125",
    "line": "#2a2e33",
    "line-strong": "#41464d",
    "ink": "#eceef0",
    "soft": "#a9afb6",
    "faint": "#959ba3",
    "good": "#5fcf9a",
    "good-bg": "#12301f",
    "warn": "#f0b85a",
    "warn-bg": "#35270d",
    "bad": "#ff9086",
    "bad-bg": "#3d1a17",
    "info": "#8ab6f5",
    "info-bg": "#15263d",
    "on-accent": "#101214",
    "series-2": "#72bcd8",
    "series-3": "#e5b45c",
    "series-4": "#c594dc",
    "series-5": "#95c777",
    "series-6": "#e88fa0",
}
ACCENTS: dict[str, tuple[str, str]] = {
    "platform": ("#3a4bb0", "#9aa7f7"),
    "supplier": ("#0b6b58", "#5ccbb2"),
    "distributor": ("#9c3d10", "#f2a077"),
    "account": ("#44484e", "#c3c8ce"),
}
"""One colour for each kind of workspace, light and dark: the cue of where one is."""

FONT = (
    'system-ui,-apple-system,"Segoe UI","PingFang SC","Noto Sans CJK SC","Noto Sans SC",'
    '"Microsoft YaHei",sans-serif'
)


def _variables(values: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in values.items())


def tokens_css(dark_selector: str = ".dark") -> str:
    """Return the tokens as CSS variables; ``dark_selector`` turns the dark ones on."""
    light = _variables(LIGHT)
    dark = _variables(DARK)
    accents = "".join(
        f'[data-scope="{scope}"]{{--accent:{light_accent}}}'
        f'{dark_selector} [data-scope="{scope}"],{dark_selector}[data-scope="{scope}"]'
        f"{{--accent:{dark_accent}}}"
        # Dialogs and menus stand outside the frame, at the end of the body.
        f'body:has(.shell[data-scope="{scope}"]){{--accent:{light_accent}}}'
        f'{dark_selector} body:has(.shell[data-scope="{scope}"])'
        f"{{--accent:{dark_accent}}}"
        for scope, (light_accent, dark_accent) in ACCENTS.items()
    )
    return (
        f":root{{{light}--accent:{ACCENTS['platform'][0]};--font:{FONT}}}"
        f"{dark_selector}{{{dark}--accent:{ACCENTS['platform'][1]}}}{accents}"
    )

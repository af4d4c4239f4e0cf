"""What of a page could run: looked for in the parsed page, not in its text."""

import re
from typing import Any

import html5lib

LIVE = "script iframe object embed form input button style link meta base svg maction annotation annotation-xml mglyph semantics audio video img frame applet template".split()
ADDRESSES = ("href", "src", "action", "formaction", "data", "xlink:href", "srcset", "poster", "background")
TEX = re.compile(r"\\(href|cssid|class|style|bbox|require|mmltoken|html)(?![a-z])", re.IGNORECASE)


def address(value: str) -> str:
    """An address as a browser reads it."""
    return re.sub(r"[\t\r\n]", "", value).strip("".join(map(chr, range(33)))).lower()


def dangers(page: str) -> list[str]:
    """Everything on a page that runs, loads or restyles something; pictures in data that an instructor may see are none."""
    found = []

    def visit(tag: Any, literal: bool) -> None:
        if not isinstance(tag.tag, str):
            return  # a comment
        name = tag.tag.rpartition("}")[2]
        literal = literal or name in ("pre", "code", "script", "style")
        picture = name == "img" and address(tag.get("src", "")).startswith(
            ("data:image/png;base64,", "data:image/jpeg;base64,")
        )
        if name in LIVE and not picture:
            found.append(f"<{name}> {dict(tag.attrib)} {(tag.text or '')[:80]}")
        for key, value in tag.attrib.items():
            if key.startswith("on") or key == "style":
                found.append(f"{name} {key}={value[:80]}")
            if key in ADDRESSES and not picture and re.match(r"(?!https?:)[a-z][a-z0-9+.-]*:", address(value)):
                found.append(f"{name} {key}={value[:80]}")
            if name == "a" and key == "href" and not re.match(r"https?://|#", address(value)):
                found.append(f"{name} {key}={value[:80]}, which formgrader may serve")
        texts = [tag.text, *(child.tail for child in tag)]
        if not literal and any(TEX.search(text or "") for text in texts):
            found.append(f"TeX: {texts}"[:160])
        for child in tag:
            visit(child, literal)

    visit(html5lib.parse(page, namespaceHTMLElements=False), False)
    return found

"""The waybill label (面单) of an own parcel as PDF, made for a 100 × 150 mm label printer."""

from __future__ import annotations

from html import escape

from app.core.clock import local
from app.worlds.clock import sim_now
from sim_supply.services.warehouse import Package

STYLE = """
@page { size: 100mm 150mm; margin: 5mm }
body { font: 11pt "Noto Sans CJK SC", "PingFang SC", sans-serif; margin: 0 }
h1 { font-size: 16pt; margin: 0 0 2mm } .code { font: 700 18pt monospace; letter-spacing: 1px }
.box { border: 1px solid #000; padding: 2mm; margin-bottom: 2mm } table { width: 100%; border-collapse: collapse }
td { border-bottom: 1px dotted #666; padding: 1mm 0 } .n { text-align: right } .s { font-size: 8pt }
"""


def label_html(package: Package, carrier: str, waybill: str) -> str:
    """Return the label as a page; every text of people is escaped."""
    order = package.order
    rows = "".join(
        f"<tr><td>{escape(package.codes[line.mall_sku_id])}</td><td>{escape(line.title[:24])}</td>"
        f"<td class='n'>×{line.quantity - line.shipped}</td></tr>"
        for line in package.lines
    )
    printed = local(sim_now(order.world_id))
    return (
        f"<html lang='zh-CN'><style>{STYLE}</style><body><div class='box'><h1>{escape(carrier)}</h1>"
        f"<p class='code'>{escape(waybill)}</p></div>"
        f"<div class='box'><b>收</b> {escape(order.receiver_name)}　{escape(order.receiver_phone)}<br>"
        f"{escape(order.receiver_address)}</div>"
        f"<div class='box'><table>{rows}</table></div>"
        f"<p class='s'>订单 {escape(order.number)}　打印于模拟时间 {printed:%Y-%m-%d %H:%M}　教学模拟面单，不可寄递</p>"
        "</body></html>"
    )


def label_pdf(package: Package, carrier: str, waybill: str) -> bytes:
    """Return the label as PDF; nothing is fetched from anywhere."""
    from weasyprint import HTML  # heavy: only where a label is printed

    data: bytes = HTML(string=label_html(package, carrier, waybill), url_fetcher=_refuse).write_pdf()
    return data


def _refuse(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"labels fetch nothing: {url}")

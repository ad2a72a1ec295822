"""Carriers (快递公司) of the simulation and the form of their waybill numbers (运单号)."""

from __future__ import annotations

import re

CARRIERS: dict[str, tuple[str, str]] = {
    "sf": ("顺丰速运", r"SF\d{13}"),
    "zto": ("中通快递", r"\d{14}"),
    "yto": ("圆通速递", r"YT\d{13}"),
    "sto": ("申通快递", r"77\d{13}"),
    "yunda": ("韵达快递", r"\d{15}"),
    "jd": ("京东快递", r"JD[A-Z0-9]{13}"),
    "ems": ("邮政 EMS", r"[A-Z]{2}\d{9}CN"),
}

EXAMPLES: dict[str, str] = {
    "sf": "SF0000000000001",
    "zto": "75000000000001",
    "yto": "YT0000000000001",
    "sto": "770000000000001",
    "yunda": "430000000000001",
    "jd": "JD0000000000001",
    "ems": "EA000000001CN",
}


def carrier_name(code: str) -> str:
    """Return the Chinese name of a carrier, or the code itself."""
    return CARRIERS[code][0] if code in CARRIERS else code


def waybill_problem(carrier: str, waybill: str) -> tuple[str, str] | None:
    """Return (field, Chinese sentence) for what is wrong with carrier or number; None when both hold."""
    if carrier not in CARRIERS:
        return "carrier", "请选择快递公司。"
    name, pattern = CARRIERS[carrier]
    if not re.fullmatch(pattern, waybill, re.ASCII):
        return "waybill", f"运单号不符合{name}的格式，例如 {EXAMPLES[carrier]}。"
    return None

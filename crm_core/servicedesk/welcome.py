"""What a new customer is greeted with: an approved text of the dealer's, or nothing."""

from __future__ import annotations

from crm_core.followups.rules import TemplatePolicy
from crm_core.kernel.uow import Reader
from crm_core.org.people import dealer_of, unit_of

WELCOME = "welcome"


def welcome_text(reader: Reader, unit: str, language: str, name: str = "") -> str:
    """The welcome in a language; empty when no text is approved."""
    template = reader.policies.model("templates", TemplatePolicy, unit=unit).templates.get(WELCOME)
    if template is None or not template.approved:
        return ""
    home = unit_of(reader, dealer_of(unit))
    dealer = "" if home is None else (home.name_en or home.name) if language == "en" else home.name
    return template.filled(language, name=name, dealer=dealer)

"""The outer settings: addresses, channels, intake keys and providers, from the environment and `.env`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.outbound import unfit
from crm_core.kernel.errors import ConfigError
from intents.llm.settings import ModelSettings

MIN_WEBHOOK_SECRET = 32
TELEGRAM = "https://api.telegram.org"
_TELEGRAM_TOKEN = r"[0-9]{1,20}:[0-9A-Za-z_-]+"
_WECOM_NEEDS = ("wecom_corp_id", "wecom_agent_id", "wecom_secret", "wecom_token", "wecom_aes_key")
Words = Annotated[tuple[str, ...], NoDecode]


@dataclass(frozen=True)
class IntakeKey:
    """A key for `POST /api/leads`: leads it brings belong to `unit` and carry `source`."""

    key: str
    unit: str
    source: str


class BotSettings(BaseSettings):
    """Read once at start. A channel that is not set is off; half-set, it stops the start."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    trusted_proxies: str = ""
    widget_origins: Words = ()
    chroma_url: str = ""
    embeddings: str = ""
    chexin_api_keys: SecretStr = SecretStr("")
    chexin_heartbeat_url: str = ""
    chexin_log_format: Literal["json", "plain"] = "json"

    telegram_bot_token: SecretStr = SecretStr("")
    telegram_customer_bot_token: SecretStr = SecretStr("")
    telegram_api_base: str = TELEGRAM
    telegram_mode: str = "polling"
    telegram_webhook_secret: SecretStr = SecretStr("")

    wecom_corp_id: str = ""
    wecom_agent_id: str = ""
    wecom_secret: SecretStr = SecretStr("")
    wecom_token: SecretStr = SecretStr("")
    wecom_aes_key: SecretStr = SecretStr("")
    wecom_contact_secret: SecretStr = SecretStr("")
    wecom_kf_secret: SecretStr = SecretStr("")
    wecom_api_base: str = "https://qyapi.weixin.qq.com"
    wecom_aibot_id: str = ""
    wecom_aibot_secret: SecretStr = SecretStr("")
    wecom_aibot_url: str = "wss://openws.work.weixin.qq.com"

    transcriber_url: str = ""
    transcriber_model: str = "whisper-1"
    transcriber_api_key: SecretStr = SecretStr("")

    llm_model: str = ""
    llm_base_url: str = ""
    llm_api_key: SecretStr = SecretStr("")

    @field_validator("widget_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    def model(self) -> ModelSettings:
        """The language model, if one is named."""
        return ModelSettings(self.llm_model, self.llm_base_url, self.llm_api_key.get_secret_value())

    @property
    def origin(self) -> str:
        """Where people reach us, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def platforms(self) -> list[str]:
        """The packages of the platforms of which an account is set here."""
        found = []
        if self.telegram_bot_token.get_secret_value() or self.telegram_customer_bot_token.get_secret_value():
            found.append("bot.channels.telegram")
        if self.wecom_corp_id or self.wecom_aibot_id:
            found.append("bot.channels.wecom")
        return found

    def intake_keys(self) -> list[IntakeKey]:
        """`key:unit:source`, comma-separated. Raises ConfigError for another form."""
        found = []
        for item in filter(None, (part.strip() for part in self.chexin_api_keys.get_secret_value().split(","))):
            parts = item.split(":")
            if len(parts) != 3 or not all(parts[:2]):
                raise ConfigError("CHEXIN_API_KEYS", "each entry is key:unit:source, entries separated by commas")
            if len(parts[0]) < 16:
                raise ConfigError("CHEXIN_API_KEYS", "a key needs 16 or more characters")
            found.append(IntakeKey(parts[0], parts[1] if parts[1].endswith(".") else parts[1] + ".", parts[2]))
        return found

    def problems(self) -> list[str]:
        """What is wrong, as `SETTING: what to do`; empty when the start may go on."""
        return [*self._web_problems(), *self._telegram_problems(), *self._wecom_problems()]

    def _web_problems(self) -> list[str]:
        found = []
        if not 0 < self.port < 65536:
            found.append("PORT: needs a number from 1 to 65535")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            found.append("PUBLIC_URL: needs to start with https:// (or http:// on loopback)")
        if self.chexin_heartbeat_url and not self.chexin_heartbeat_url.startswith(("http://", "https://")):
            found.append("CHEXIN_HEARTBEAT_URL: needs to start with https:// or http://")
        if self.transcriber_url and not self.transcriber_url.startswith(("http://", "https://")):
            found.append("TRANSCRIBER_URL: needs to start with https:// or http://")
        if self.transcriber_api_key.get_secret_value() and not self.transcriber_url:
            found.append("TRANSCRIBER_URL: TRANSCRIBER_API_KEY is set, so an address is needed too")
        found += [
            f"WIDGET_ORIGINS: {origin!r} is not an origin such as https://dealer.example"
            for origin in self.widget_origins
            if not origin.startswith(("http://", "https://")) or origin.count("/") > 2
        ]
        found += [
            f"{name.upper()}: leads where a cloud keeps a machine's own secrets"
            for name in ("llm_base_url", "transcriber_url", "chexin_heartbeat_url", "chroma_url")
            if unfit(self._given(name))
        ]
        try:
            self.intake_keys()
        except ConfigError as error:
            found.append(str(error))
        if self.llm_api_key.get_secret_value() and not self.llm_model:
            found.append("LLM_MODEL: LLM_API_KEY is set, so a model is needed too, for example deepseek:deepseek-chat")
        return found + self._model_problems()

    def _model_problems(self) -> list[str]:
        found = []
        if self.llm_base_url and not self.llm_base_url.startswith(("http://", "https://")):
            found.append("LLM_BASE_URL: needs to start with http:// or https://")
        if self.llm_base_url and not self.llm_model:
            found.append("LLM_MODEL: LLM_BASE_URL is set, so a model is needed too, for example openai:qwen3-8b")
        if self.llm_model and not (self.model().provider and self.model().name):
            found.append("LLM_MODEL: is provider:name, such as deepseek:deepseek-chat")
        return found

    def _telegram_problems(self) -> list[str]:
        found = []
        if self.telegram_mode not in ("polling", "webhook"):
            found.append("TELEGRAM_MODE: is polling or webhook")
        tokens = ("telegram_bot_token", "telegram_customer_bot_token")
        given = {name: self._given(name) for name in tokens if self._given(name)}
        if not given:
            return found
        found += [
            f"{name.upper()}: is the bot's token as @BotFather shows it, such as 7000000001:AAE…"
            for name, token in given.items()
            if not re.fullmatch(_TELEGRAM_TOKEN, token, re.ASCII)
        ]
        if len(given) == 2 and len({token.partition(":")[0] for token in given.values()}) == 1:
            found.append("TELEGRAM_CUSTOMER_BOT_TOKEN: needs a bot of its own, not the staff's")
        if not re.fullmatch(r"https?://[^/?#@\s]+", self.telegram_api_base.rstrip("/")):
            found.append("TELEGRAM_API_BASE: is a bare origin, such as https://api.telegram.org")
        return [*found, *(self._webhook_problems() if self.telegram_mode == "webhook" else ())]

    def _webhook_problems(self) -> list[str]:
        found = []
        secret = self._given("telegram_webhook_secret")
        if len(secret) < MIN_WEBHOOK_SECRET:
            found.append("TELEGRAM_WEBHOOK_SECRET: webhook mode needs 32 or more characters")
        elif not re.fullmatch(r"[0-9A-Za-z_-]{1,256}", secret, re.ASCII):
            found.append("TELEGRAM_WEBHOOK_SECRET: takes at most 256 of A-Z a-z 0-9 _ -")
        if not self.public_url:
            found.append("PUBLIC_URL: webhook mode needs the address Telegram reaches us at")
        elif self.telegram_api_base.rstrip("/") == TELEGRAM and not self.public_url.startswith("https://"):
            found.append("PUBLIC_URL: Telegram calls https:// only")
        return found

    def _wecom_problems(self) -> list[str]:
        have = [name for name in _WECOM_NEEDS if self._given(name)]
        missing = [name.upper() for name in _WECOM_NEEDS if not self._given(name)]
        found = []
        if have and missing:
            found.append(f"{missing[0]}: WeCom is set in part; {', '.join(missing)} missing")
        elif have:
            found += self._wecom_forms()
        found += [
            f"{name.upper()}: is of no use without the app's settings; {', '.join(missing)} missing"
            for name in ("wecom_contact_secret", "wecom_kf_secret")
            if self._given(name) and not have
        ]
        if bool(self.wecom_aibot_id) != bool(self._given("wecom_aibot_secret")):
            found.append("WECOM_AIBOT_SECRET: set WECOM_AIBOT_ID and WECOM_AIBOT_SECRET together, or neither")
        return found

    def _wecom_forms(self) -> list[str]:
        """What cannot be right, found before the platform says so."""
        forms = (
            ("wecom_corp_id", r"[0-9A-Za-z_-]{4,40}", "is 我的企业 > 企业信息 > 企业ID, such as ww0123456789abcdef"),
            ("wecom_agent_id", r"[0-9]{1,12}", "is the app's AgentId, a number such as 1000002"),
            ("wecom_token", r"[0-9A-Za-z]{1,32}", "is the Token of 接收消息: up to 32 letters and digits"),
            ("wecom_aes_key", r"[0-9A-Za-z+/]{43}", "is the EncodingAESKey of 接收消息: 43 characters"),
            ("wecom_api_base", r"https?://[^/?#@]+", "is a bare origin, such as https://qyapi.weixin.qq.com"),
        )
        return [
            f"{name.upper()}: {what}"
            for name, form, what in forms
            if not re.fullmatch(form, self._given(name).rstrip("/"), re.ASCII)
        ]

    def _given(self, name: str) -> str:
        value = getattr(self, name)
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

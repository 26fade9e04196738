"""Settings, all read from the environment (`LOUPE_*`) and documented in docs/settings.md."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What a deployment can choose; every field's description is what docs/settings.md says."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_", extra="ignore")

    data: Path = Field(
        default=Path("data"),
        description="Folder for all that Loupe keeps: images, renditions, embeddings, checkpoints, the SQLite file.",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL. Empty: SQLite in the data folder. "
        "For a team: postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
    )
    redis_url: str = Field(
        default="",
        description="URL of a Redis or Valkey server. Empty: `loupe up` starts an embedded Valkey in the data folder.",
    )
    secret_key: str = Field(
        default="",
        description="Key that signs form tokens. Empty: made once and kept in the data folder, for its owner only.",
    )
    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the web server listens on.")
    public_url: str = Field(
        default="",
        description="Address people type, such as https://loupe.example.org; used in links. Empty: http://HOST:PORT.",
    )
    secure_cookies: bool = Field(
        default=False, description="Send cookies over HTTPS only. Switch on wherever Loupe is reached by HTTPS."
    )
    forwarded_allow_ips: str = Field(
        default="127.0.0.1", description="Proxies whose X-Forwarded-For is believed, separated by commas."
    )
    language: str = Field(default="en", description="Language of the screens.")
    session_days: int = Field(default=30, ge=1, description="Days after which an unused sign-in ends.")
    upload_max_mb: int = Field(default=512, ge=1, description="Largest single file that can be uploaded, in MB.")
    image_max_megapixels: int = Field(default=200, ge=1, description="Largest image that is accepted, in megapixels.")
    archive_max_entries: int = Field(default=100_000, ge=1, description="Most files one zip may hold.")
    archive_max_gb: int = Field(default=50, ge=1, description="Most a zip may unpack to, in GB.")
    tiles_max_gb: int = Field(
        default=20,
        ge=1,
        description="Most room that the tiles of large images take, in GB; the longest unused go first.",
    )
    embeddings_max_gb: int = Field(
        default=20,
        ge=1,
        description="Most room that the embeddings of images take, in GB; the longest unused go first.",
    )
    claim_minutes: int = Field(
        default=10, ge=1, description="Minutes for which an image opened for tagging is reserved."
    )
    heartbeat_seconds: float = Field(default=5.0, gt=0, description="How often a worker says that it is alive.")
    lost_after_seconds: float = Field(
        default=30.0, gt=0, description="Silence after which a running job counts as lost."
    )
    sweep_seconds: float = Field(default=10.0, gt=0, description="How often lost and stuck jobs are looked for.")
    image_workers: int = Field(default=2, ge=1, description="Processes that import and resize images.")
    training_workers: int = Field(
        default=1,
        ge=1,
        description="Processes that train, each one run at a time; of several, each takes a graphics card of its own. "
        "More than there are graphics cards share the processor and slow each other down.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="Where models are trained: auto takes a GPU where there is one."
    )
    log_level: str = Field(default="INFO", description="Least severe messages written to the log.")

    @property
    def database(self) -> str:
        """URL of the database in force."""
        return self.database_url or f"sqlite:///{self.data.resolve() / 'loupe.sqlite3'}"

    @property
    def base_url(self) -> str:
        """Address that links start with, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Read the settings once per process."""
    return Settings()

import json
import subprocess
import sys

SCRIPT = """
import importlib, json, pkgutil, sys
import app.domain
for module in pkgutil.iter_modules(app.domain.__path__):
    importlib.import_module("app.domain." + module.name)
print(json.dumps(sorted(sys.modules)))
"""


def test_the_domain_loads_nothing_heavier_than_numpy() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))

    assert not loaded & {"sklearn", "scipy", "torch", "fastai", "pandas", "sqlalchemy", "fastapi", "celery"}
    others = {name for name in loaded if name.startswith("app.") and not name.startswith("app.domain")}
    # A refusal has a translated sentence, and the language comes from the settings.
    assert others <= {"app.errors", "app.i18n", "app.config"}

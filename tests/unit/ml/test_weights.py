from pathlib import Path

from worker.ml.weights import Weights, weights_of


def test_weights_are_none_kept_installed_or_to_be_fetched(tmp_path: Path) -> None:
    assert weights_of("tiny_vgg", tmp_path) == Weights("none")
    assert weights_of("resnet18", tmp_path, pretrained=False) == Weights("none")
    assert weights_of("tf_efficientnet_lite0", tmp_path) == Weights("installed")
    # As many megabytes as its 11.7 million numbers without the head: within a tenth of what timm's file has.
    fetched = weights_of("resnet18", tmp_path)
    assert fetched.state == "fetched"
    assert fetched.megabytes is not None
    assert 40 < fetched.megabytes < 50
    assert weights_of("some_other_network", tmp_path) == Weights("fetched")
    (tmp_path / f"resnet18-{'0' * 64}.safetensors").touch()
    assert weights_of("resnet18", tmp_path) == Weights("kept")

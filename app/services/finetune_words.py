"""What the settings of the finetune recipe mean; each entry is a `recipe_words.FieldWords`."""

from typing import Any

from app.i18n import gettext as _

Words = dict[str, dict[str, Any]]


def finetune_words() -> Words:
    """Give title, sentence, warning and choices of each setting, by name."""
    before = {**_network(), **_images(), **_augmentation(), **_changes(), **_mixup()}
    return {**before, **_epochs(), **_rate(), **_cycle(), **_loss(), **_keeping()}


def _network() -> Words:
    return {
        "backbone": {
            "title": _("Pretrained network"),
            "sentence": _(
                "EfficientNet lite is always there. Any other network that timm knows, such as resnet34 or "
                "densenet121, is fetched from the internet on first use. TinyVGG learns from your images alone."
            ),
        },
        "pretrained": {
            "title": _("Start from what the network has learned elsewhere"),
            "sentence": _(
                "From a million photographs it knows edges, textures and shapes; only your labels are new to it."
            ),
            "warning": _("Without this it starts from nothing, and needs thousands of images to become as good."),
        },
    }


def _images() -> Words:
    return {
        "size": {
            "title": _("Image size"),
            "sentence": _(
                "Side of the square that the network sees, in pixels. Twice the side takes four times as long."
            ),
        },
        "resize": {
            "title": _("How an image becomes a square"),
            "sentence": _("Squeezing and filling up keep all of the image; cutting keeps its proportions."),
            "warning": _("Cutting loses what stands at the edges. Do not cut where labels may show there."),
            "choices": {
                "squish": _("squeeze all of it"),
                "crop": _("cut out the middle"),
                "pad": _("keep all of it and fill up with black"),
            },
        },
        "presize": {
            "title": _("Read larger first"),
            "sentence": _(
                "Training images are read at this size, then turned, zoomed and cut to the image size in one step, "
                "which keeps them sharper. Left empty, they are read at the image size."
            ),
        },
        "min_scale": {
            "title": _("Least share of the image that a random cut shows"),
            "sentence": _("At 1 nothing is cut. At 0.5 a training image may be any half of itself."),
            "warning": _("A small cut may miss the very thing that the label is about."),
        },
        "batch_size": {
            "title": _("Batch size"),
            "sentence": _("How many images are learned from at once. Where memory runs out it is halved by itself."),
        },
    }


def _augmentation() -> Words:
    return {
        "augment": {
            "title": _("Changes to training images"),
            "sentence": _("Made anew at random in every epoch, so that the network sees each image a little new."),
            "warning": _("Mirrored or turned lettering and maps teach the network what never occurs."),
            "choices": {
                "lesson": _("as in the lesson: turn, zoom, flip"),
                "fastai": _("fastai's usual: flip, turn a little, zoom, tilt, light"),
                "none": _("none"),
                "custom": _("as chosen below"),
            },
        },
    }


def _changes() -> Words:
    return {
        "flip": {
            "title": _("Mirror left and right"),
            "sentence": _("Every second image is mirrored."),
            "warning": _("Leave it off for lettering, maps and heraldry: their mirror image never occurs."),
        },
        "flip_vertical": {
            "title": _("Turn upside down and by quarters"),
            "sentence": _("For things without an up and down, such as aerial photographs or coins."),
            "warning": _("An ordinary photograph is never upside down; the network would learn less of it."),
        },
        "rotate_degrees": {
            "title": _("Turn by up to so many degrees"),
            "sentence": _("A few degrees make up for crooked scans."),
            "warning": _("Beyond some 20 degrees buildings lie and writing stands on its head."),
        },
        "zoom_most": {
            "title": _("Zoom in by up to"),
            "sentence": _("1 means no zoom; 1.1 shows things up to a tenth larger and cuts the edges off."),
        },
        "warp": {
            "title": _("Tilt, as if photographed from the side"),
            "sentence": _("Changes the perspective. Good for photographs of things, useless for flat scans."),
        },
        "lighting": {
            "title": _("Change brightness and contrast by up to"),
            "sentence": _("Makes up for faded prints and different exposures."),
            "warning": _("On microfilm, which is nearly black and white already, it wipes out faint writing."),
        },
    }


def _mixup() -> Words:
    return {
        "mixup": {
            "title": _("Mix two images (mixup)"),
            "sentence": _("Lays two training images over each other and asks for both answers; 0 means off."),
            "warning": _("Needs many epochs to pay off, and the training loss stays high meanwhile."),
        },
    }


def _epochs() -> Words:
    return {
        "epochs_frozen": {
            "title": _("Epochs with the network frozen"),
            "sentence": _("An epoch is one pass over all training images. Only the last layer learns."),
        },
        "epochs_unfrozen": {
            "title": _("Epochs with all of it learning"),
            "sentence": _("Slow and gentle, after the frozen ones."),
        },
        "schedule": {
            "title": _("Course of the learning rate"),
            "sentence": _(
                "Either trains frozen first, then all of the network; they differ in how far each step goes."
            ),
            "choices": {
                "one_cycle": _("fit_one_cycle twice, as in the lesson"),
                "fine_tune": _("fine_tune: half the rate after unfreezing, and a hundredth of that for early layers"),
            },
        },
        "early_stopping": {
            "title": _("Stop early when it no longer gets better"),
            "sentence": _("Ends the frozen or the unfrozen epochs when so many in a row brought nothing."),
            "warning": _(
                "One cycle raises the learning rate and then lowers it, and the best epochs come at its end. Stopped "
                "before, the rate never comes down. Rather train anew with as many epochs as were good; the best epoch "
                "is kept either way."
            ),
        },
        "patience": {
            "title": _("Epochs without a gain before stopping"),
            "sentence": _("Fewer than 3 stop at the first chance dip."),
        },
    }


def _rate() -> Words:
    return {
        "base_lr": {
            "title": _("Learning rate"),
            "sentence": _("How far each step goes. Left empty, a short mock training looks for it."),
        },
        "rate_pick": {
            "title": _("Which suggestion to take from the search"),
            "sentence": _("The search raises the rate until the loss explodes; each picks another place before that."),
            "warning": _("The minimum, and sometimes the slide, are bold: the loss may explode in training too."),
            "choices": {
                "valley": _("valley: the middle of the longest descent"),
                "slide": _("slide: just before the loss explodes"),
                "steep": _("steep: where the loss falls fastest"),
                "minimum": _("minimum: a tenth of the rate with the lowest loss"),
            },
        },
        "find_again": {
            "title": _("Search again after unfreezing"),
            "sentence": _("All of the network wants smaller steps than its last layer; a second search measures them."),
        },
        "unfrozen_lr": {
            "title": _("Learning rate after unfreezing"),
            "sentence": _("Left empty: the one from before, or what the second search finds."),
        },
        "body_share": {
            "title": _("Share of the rate for the first layers"),
            "sentence": _(
                "After unfreezing, layers learn the slower the earlier they stand. Left empty: 1/5, and 1/200 with "
                "fine_tune."
            ),
        },
        "head_share": {
            "title": _("Share of the rate for the last layers"),
            "sentence": _("After unfreezing. Left empty: all of it, and half with fine_tune."),
        },
    }


def _cycle() -> Words:
    return {
        "pct_start": {
            "title": _("Share of the cycle in which the rate rises"),
            "sentence": _(
                "fastai's pct_start. Left empty: 0.25; with fine_tune 0.99 frozen and 0.3 after. A value given counts "
                "after unfreezing with fine_tune, and everywhere with fit_one_cycle."
            ),
        },
        "div": {
            "title": _("How much lower the rate starts"),
            "sentence": _(
                "fastai's div: the first step is the rate divided by this. Left empty: 25, and 5 after unfreezing with "
                "fine_tune."
            ),
        },
        "weight_decay": {
            "title": _("Weight decay"),
            "sentence": _("Pulls weights towards zero. Raise it when the training loss falls and the other rises."),
        },
        "momentum": {
            "title": _("Momentum"),
            "sentence": _("How much of the last step goes into the next; a tenth less where the rate is highest."),
        },
    }


def _loss() -> Words:
    return {
        "loss": {
            "title": _("Loss"),
            "sentence": _("What training makes small. Labels that nobody answered never count."),
            "warning": _(
                "All but the first shift the probabilities: they no longer say how likely a label is, and thresholds "
                "matter more."
            ),
            "choices": {
                "bce": _("cross-entropy, each label by itself"),
                "weighted_bce": _("cross-entropy, rare labels count more"),
                "focal": _("focal: what is already right counts less"),
                "asymmetric": _("asymmetric: what is clearly absent counts less"),
            },
        },
        "focal_gamma": {
            "title": _("How much less the easy answers count"),
            "sentence": _("The gamma of the focal loss; at 0 it is plain cross-entropy."),
        },
        "label_smoothing": {
            "title": _("Label smoothing"),
            "sentence": _("Trusts every answer a little less, which helps where taggers often err; 0 means off."),
            "warning": _("Probabilities then never come near 0 or 1."),
        },
    }


def _keeping() -> Words:
    return {
        "beta": {
            "title": _("How much more recall counts in F-beta"),
            "sentence": _("At 2, an image missed is twice as bad as one wrongly found. At 1, F-beta is F1."),
        },
        "best_by": {
            "title": _("What the best epoch is judged by"),
            "sentence": _("The epoch that does best on the validation images is kept, not the last one."),
            "choices": {
                "macro_f1": _("F1, the mean over labels"),
                "valid_loss": _("validation loss"),
                "mean_average_precision": _("average precision, the mean over labels"),
                "f_beta": _("F-beta, the mean over labels"),
            },
        },
        "precision": {
            "title": _("Number format"),
            "sentence": _(
                "Half-precision numbers train twice as fast where the processor or the graphics card has them."
            ),
            "choices": {
                "auto": _("half precision where the computer has it"),
                "full": _("full precision"),
            },
        },
    }

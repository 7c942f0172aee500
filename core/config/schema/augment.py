"""What is changed at random in the photos that are learned from."""

from dataclasses import dataclass

from core.config.schema.limits import option


@dataclass(frozen=True)
class AugmentConfig:
    """What is changed at random in a training photo, every time it is shown. Zero means off."""

    shear_degrees: float = option(
        0.0,
        "Shear",
        "Slants the photo by up to this angle, as if seen from the side. Strong shear shows pets no camera sees. "
        "Keras' old shear_range was in degrees too, so its usual 0.2 did nothing; the newer RandomShear(0.2) means 11 degrees.",
        minimum=0,
        maximum=45,
        step=1.0,
        unit="degrees",
    )
    zoom_in_fraction: float = option(
        0.0,
        "Zoom in",
        "Cuts away up to this share of the photo's side, so the pet comes closer. Too much leaves only fur. "
        "Half of Keras' old zoom_range (0.2 is 0.2 here and in Zoom out), which drew width and height apart and so "
        "distorted pets; here both zoom together, and Aspect distorts.",
        minimum=0,
        maximum=0.9,
        step=0.05,
    )
    zoom_out_fraction: float = option(
        0.0,
        "Zoom out",
        "Widens the view by up to this share of the side; what lies outside the photo is filled. Pets get smaller. "
        "The other half of Keras' old zoom_range, where a number above 1 zoomed out.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    aspect_fraction: float = option(
        0.0,
        "Aspect",
        "Stretches width against height by up to this share. Raise it if your photos come in many proportions. "
        "Keras' old zoom_range did this unasked.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    rotation_degrees: float = option(
        0.0,
        "Rotation",
        "Turns the photo by up to this angle either way. Real photos are rarely tilted by more than 15 degrees. "
        "Keras' old rotation_range, in degrees; the newer RandomRotation counts in full turns, where 0.1 is 36 degrees.",
        minimum=0,
        maximum=180,
        step=1.0,
        unit="degrees",
    )
    width_shift_fraction: float = option(
        0.0,
        "Shift sideways",
        "Moves the photo sideways by up to this share of its width. It teaches that a pet may stand anywhere. "
        "Keras' old width_shift_range, which read 1 and above as pixels.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    height_shift_fraction: float = option(
        0.0,
        "Shift up and down",
        "Moves the photo up or down by up to this share of its height. It teaches that a pet may stand anywhere. "
        "Keras' old height_shift_range, which read 1 and above as pixels.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    crop_anywhere: bool = option(
        False,
        "Crop anywhere",
        "Lets a zoomed-in window lie anywhere in the photo instead of its middle. The strongest single change for few photos.",
    )
    horizontal_flip: bool = option(
        False,
        "Flip left and right",
        "Mirrors half of the photos. A mirrored cat is still a cat, so this is free data. "
        "Keras' old horizontal_flip; letters and road signs would become wrong.",
    )
    vertical_flip: bool = option(
        False,
        "Flip upside down",
        "Turns half of the photos upside down. Photos of pets are upright, so this usually costs accuracy. Keras' old "
        "vertical_flip, drawn apart from the other flip; the newer RandomFlip draws once for both.",
    )
    brightness_fraction: float = option(
        0.0,
        "Brightness",
        "Makes photos brighter or darker by up to this share. It teaches that light does not make a cat. "
        "Keras' old brightness_range was two factors: its (0.7, 1.3) is 0.3 here, while (0.1, 0.3) made every photo nearly black.",
        minimum=0,
        maximum=0.9,
        step=0.05,
    )
    contrast_fraction: float = option(
        0.0,
        "Contrast",
        "Raises or lowers contrast around mid grey by up to this share. It covers flat and harsh light.",
        minimum=0,
        maximum=0.9,
        step=0.05,
    )
    saturation_fraction: float = option(
        0.0,
        "Saturation",
        "Makes colours stronger or paler by up to this share. It stops the network from learning colour alone.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    channel_gain_fraction: float = option(
        0.0,
        "Colour cast",
        "Scales red, green and blue separately about mid grey by up to this share. It covers lamps and sunsets.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    channel_shift: float = option(
        0.0,
        "Channel shift",
        "Adds up to this many grey levels to each colour channel separately. It covers tinted light. Keras' old "
        "channel_shift_range, in the photo's own units: 0.2 did nothing on 0 to 255. It added one number to all three colours.",
        minimum=0,
        maximum=255,
        step=5.0,
        unit="grey levels",
    )
    gray_probability: float = option(
        0.0,
        "Grey photos",
        "Share of photos shown without colour. The network then has to use shape and texture.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    erase_probability: float = option(
        0.0,
        "Erase",
        "Share of photos that lose one square. The network then cannot rest on a single ear.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    erase_fraction: float = option(
        0.4,
        "Erased side",
        "Largest side of the erased square, as a share of the photo's side. Only counts where Erase is above 0.",
        minimum=0,
        maximum=0.9,
        step=0.05,
    )
    fill_mode: str = option(
        "reflect",
        "Fill",
        "What is put where a moved photo leaves a gap: its mirror image, its edge pixels, its other side, or one grey. "
        "Keras' old fill_mode was “nearest” unless told otherwise, which smears edges into stripes; its newer layers reflect.",
        choices=("reflect", "nearest", "wrap", "constant"),
    )
    fill_value: int = option(
        128,
        "Fill grey",
        "The grey level of gaps when Fill is “constant”: 0 is black, 255 white. Keras' old cval; left at its 0, the "
        "network sees black corners that no photo has.",
        minimum=0,
        maximum=255,
        step=1,
    )

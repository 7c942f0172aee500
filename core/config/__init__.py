"""Every setting of an experiment, declared once.

A field's type, default, label, help and limits stand in one place: ``schema/``, one file a part. The widget on the page,
the check, the error sentence, the ``--set part.field=value`` of the command line and the key in a link all come from there.

    schema/      the parts of an experiment, and Limits
    declared     a field read back as a Setting
    names        settings and values in the words of sentences
    convert      one strict conversion a type
    check        limits, and the rules that span settings
    plain        a configuration as plain values: to_dict, leaves, differences
    paths        setting, get, put, overlay by dotted path
    json_text    a configuration as JSON and back

The rest of the project imports from here; files of this folder import each other.
"""

from core.config.check import check, check_count
from core.config.declared import Setting, layer_limits, settings_of
from core.config.json_text import MAX_JSON_LETTERS, from_dict, from_json, parse_json, to_json
from core.config.names import choice_words, name_of
from core.config.paths import get, overlay, put, put_all, setting
from core.config.plain import differences, leaves, to_dict
from core.config.schema.augment import AugmentConfig
from core.config.schema.experiment import SCHEMA_VERSION, ExperimentConfig
from core.config.schema.limits import Limits
from core.config.schema.network import ACTIVATIONS, NORMALIZATIONS, ConvBlock, DenseBlock, NetworkConfig
from core.config.schema.photos import PhotosConfig, SplitConfig
from core.config.schema.training import TrainingConfig

__all__ = [
    "ACTIVATIONS",
    "MAX_JSON_LETTERS",
    "NORMALIZATIONS",
    "SCHEMA_VERSION",
    "AugmentConfig",
    "ConvBlock",
    "DenseBlock",
    "ExperimentConfig",
    "Limits",
    "NetworkConfig",
    "PhotosConfig",
    "Setting",
    "SplitConfig",
    "TrainingConfig",
    "check",
    "check_count",
    "choice_words",
    "differences",
    "from_dict",
    "from_json",
    "get",
    "layer_limits",
    "leaves",
    "name_of",
    "overlay",
    "parse_json",
    "put",
    "put_all",
    "setting",
    "settings_of",
    "to_dict",
    "to_json",
]

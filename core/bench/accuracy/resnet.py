"""``python core/bench/accuracy/resnet.py JSON``: torchvision's ResNet-18 from scratch at 128 pixels, until its time is over.

Run by the interpreter of PyTorch's own environment, which has nothing of the app: of its files only ``clock.py`` beside this one is used.
The JSON is that of ``keras_ways.py``, and so are the readings.
"""

# pyright: reportMissingImports=false
# PyTorch is there in that environment.

import copy
import json
import math
import os
import sys
from pathlib import Path

SIDE, BATCH_SIZE = 128, 64
LARGER = 1.14  # photos are resized to so much more before the middle is cut out, as is usual
RATE, WEIGHT_DECAY = 1e-3, 0.05
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def main(asked: dict) -> None:
    from clock import Clock, OutOfTime  # beside this file, which is run as a script

    clock = Clock(asked["began"], asked["minutes"])
    import torch
    from torch import nn
    from torch.utils.data import DataLoader
    from torchvision import datasets, models, transforms

    torch.manual_seed(asked["seed"])
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(cores)
    has_bfloat16 = "avx512_bf16" in _flags() or "amx_bf16" in _flags()
    if os.environ.get("ONEDNN_MAX_CPU_ISA") == "AVX2":
        has_bfloat16 = False
    as_tensor = [transforms.ToTensor(), transforms.Normalize(MEAN, DEVIATION)]
    moved = [transforms.RandomResizedCrop(SIDE, (0.35, 1.0)), transforms.RandomHorizontalFlip()]
    middle = [transforms.Resize(round(SIDE * LARGER)), transforms.CenterCrop(SIDE)]

    def loader(split: str, before: list, shuffle: bool) -> DataLoader:
        photos = datasets.ImageFolder(str(Path(asked["photos"]) / split), transforms.Compose([*before, *as_tensor]))
        # a worker a core: decoding and augmenting take about as long as the step
        return DataLoader(
            photos,
            BATCH_SIZE,
            shuffle=shuffle,
            num_workers=cores,
            persistent_workers=True,
            drop_last=shuffle and len(photos) > BATCH_SIZE,
        )

    train, val, test = loader("train", moved, True), loader("val", middle, False), loader("test", middle, False)
    model = models.resnet18(num_classes=2).to(memory_format=torch.channels_last)
    best, best_accuracy = model, -1.0
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)

    def answer(network, images):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=has_bfloat16):
            return network(images.to(memory_format=torch.channels_last)).float()

    def correct(network, photos: DataLoader) -> tuple[int, int]:
        num_right = num_photos = 0
        network.eval()
        with torch.inference_mode():
            for images, labels in photos:
                num_right += int((answer(network, images).argmax(1) == labels).sum())
                num_photos += len(labels)
        return num_right, num_photos

    epoch = 0
    try:
        while True:
            epoch += 1
            model.train()
            for images, labels in train:
                for group in optimizer.param_groups:  # a cosine over the time there is, after a short rise
                    share = clock.share
                    group["lr"] = RATE * min(1.0, share / 0.03) * (1 + math.cos(math.pi * share)) / 2
                optimizer.zero_grad()
                loss_of(answer(model, images), labels).backward()
                optimizer.step()
                clock.read(lambda best=best: correct(best, test), epoch)
                model.train()
            num_right, num_photos = correct(model, val)
            if num_right / num_photos > best_accuracy:
                best, best_accuracy = copy.deepcopy(model), num_right / num_photos
    except OutOfTime:
        return


def _flags() -> str:
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

"""Video activity recognition (L1): the frames of a clip -> what the figure in it is doing.

A stick figure sits down or stands up, falls over or gets up, walks or runs, jumps or waves. Sitting down
backwards is standing up: the same frames in another order, so that a model must know which came first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.support.types import Array

from .dataset import SPLITS, Dataset, Example, check_sizes, pick

SIZE = 16  # pixels a side
ACTIVITIES = (
    "running",
    "walking",
    "sitting down",
    "standing up",
    "falling over",
    "getting up",
    "jumping",
    "waving",
)
# body heights, in pixels: those of valid and test do not occur in train
HEIGHTS = {"train": (8.0, 9.0, 10.0, 11.0, 12.0), "valid": (8.5, 10.5), "test": (9.5, 11.5)}
BACKWARDS = {"standing up": "sitting down", "getting up": "falling over"}


def pose(activity: str, phase: float) -> dict[str, Array]:
    """The joints of a figure of height 1 that stands at (0, 0), y upwards, at a phase of its activity.

    For a movement with an end, phase runs from 0 to 1; for one that repeats, each whole number is a period.
    Raises ValueError: an unknown activity.
    """
    if activity not in ACTIVITIES:
        raise ValueError(f"activity must be one of {', '.join(ACTIVITIES)}; got {activity!r}")
    if activity in BACKWARDS:
        return pose(BACKWARDS[activity], 1 - phase)
    swing, lift, sink, lean, wave = 0.0, 0.0, 0.0, 0.0, -0.6
    if activity in ("running", "walking"):
        swing = (0.9 if activity == "running" else 0.45) * np.sin(2 * np.pi * phase)
        lean = 0.25 if activity == "running" else 0.0
    elif activity == "sitting down":
        sink = phase
    elif activity == "falling over":
        lean = np.pi / 2 * phase
    elif activity == "jumping":
        lift = 0.3 * np.sin(np.pi * (phase % 1.0))
    else:
        wave = 0.9 * np.sin(2 * np.pi * phase)
    hip = np.array([0.0, 0.45 - 0.25 * sink + lift])
    joints = {"hip": hip, "neck": hip + np.array([0.0, 0.35]), "head": hip + np.array([0.0, 0.5])}
    for side, sign in (("left", 1), ("right", -1)):
        angle = sign * swing + (0.9 * sink if sink else 0.12 * sign)
        knee = hip + 0.22 * np.array([np.sin(angle), -np.cos(angle)])
        joints[f"{side} knee"] = knee
        joints[f"{side} foot"] = knee + 0.22 * np.array([np.sin(angle / 4), -np.cos(angle / 4)])
        arm = wave if side == "left" else -sign * swing - 0.6
        reach = np.array([sign * np.cos(arm), np.sin(arm)])
        joints[f"{side} hand"] = joints["neck"] + 0.3 * reach
    turn = np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
    return {name: turn @ place for name, place in joints.items()}


BONES = [("neck", "hip"), ("hip", "left knee"), ("hip", "right knee"), ("left knee", "left foot")]
BONES += [("right knee", "right foot"), ("neck", "left hand"), ("neck", "right hand"), ("neck", "head")]


def draw(joints: dict[str, Array], height: float, left: float, floor: float) -> Array:
    """A frame: (SIZE, SIZE), 0 is empty and 1 is ink; `left` is where the figure stands, in pixels."""
    row, column = np.mgrid[0:SIZE, 0:SIZE]
    pixels = np.stack([column, SIZE - 1 - row], axis=-1) + 0.5  # (SIZE, SIZE, 2): x and y, y upwards
    frame = np.zeros((SIZE, SIZE))
    for one, other in BONES:
        start, end = (joints[name] * height + [left, floor] for name in (one, other))
        bone = end - start
        share = np.clip(((pixels - start) @ bone) / (bone @ bone), 0, 1)
        distance = np.linalg.norm(pixels - start - share[..., None] * bone, axis=-1)
        frame = np.maximum(frame, np.clip(1.3 - distance, 0, 1))
    head = np.linalg.norm(pixels - joints["head"] * height - [left, floor], axis=-1)
    return np.asarray(np.maximum(frame, np.clip(0.12 * height + 0.5 - head, 0, 1)))


def film(activity: str, height: float, rng: np.random.Generator) -> Array:
    """A clip of 8 to 14 frames, with its own start, speed, direction and noise: (T_x, SIZE, SIZE)."""
    frames = int(rng.integers(8, 15))
    facing, left, floor = pick(rng, [1, -1]), rng.uniform(5, 11), rng.uniform(0.5, 2.5)
    speed, start = 0.0, rng.uniform(0, 1)
    if activity in ("running", "walking"):
        rate, speed = (0.27, 0.55) if activity == "running" else (0.14, 0.25)
        phases = start + rate * rng.uniform(0.85, 1.15) * np.arange(frames)
        left -= speed * frames / 2
    elif activity in ("jumping", "waving"):
        phases = start + rng.uniform(0.15, 0.25) * np.arange(frames)
    else:  # stands still, moves, stands still: the movement takes a part of the clip
        begin, length = rng.uniform(0, 0.3) * frames, rng.uniform(0.4, 0.65) * frames
        phases = np.clip((np.arange(frames) - begin) / length, 0, 1)
    clip = []
    for t, phase in enumerate(phases):
        frame = draw(pose(activity, float(phase)), height, left + speed * t, floor)
        clip.append(frame if facing == 1 else frame[:, ::-1])
    noisy = np.stack(clip) + 0.15 * rng.normal(size=(frames, SIZE, SIZE))
    return np.clip(noisy, 0, 1)


def film_strips(seed: int = 1, train: int = 1200, valid: int = 120, test: int = 320) -> Dataset:
    """Clips, (T_x, SIZE, SIZE), and the activity that each shows.

    Held out: figures as tall as those of valid and test do not occur in train. `test[0]` is a sprinter.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):
        splits[split] = []
        for i in range(count):
            activity, height = ACTIVITIES[i % len(ACTIVITIES)], pick(rng, HEIGHTS[split])
            clip = film(activity, height, rng).astype(np.float32)
            splits[split].append(Example(clip, activity, f"height {height}"))
    return Dataset(
        name="video",
        description="the frames of a clip -> what the figure is doing",
        inputs=f"frames of {SIZE} x {SIZE} pixels",
        outputs=f"one of {', '.join(ACTIVITIES)}",
        score="accuracy",
        baseline=float(np.mean([example.y == ACTIVITIES[0] for example in splits["test"]])),
        baseline_name="always the same activity",
        sample=splits["test"][0],
        **splits,
    )

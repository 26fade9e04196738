"""Sky, hills, mountains, water and trees."""

import numpy as np

from worker.sample.canvas import Canvas, Place, Points, Tones, ellipse, limb, noise, smooth


def sky(canvas: Canvas, rng: np.random.Generator, *, clouds: bool = True) -> None:
    """Fill the sheet with a sky that brightens towards the horizon."""
    top, bottom = rng.uniform(0.55, 0.75), rng.uniform(0.88, 0.97)
    canvas.tones[:] = np.linspace(top, bottom, canvas.height, dtype=np.float32)[:, None]
    if clouds:
        wisps = noise(rng, canvas.height, canvas.width, 90)[:, :] + 0.6 * noise(rng, canvas.height, canvas.width, 34)
        # Clouds flatten towards the horizon.
        fade = np.linspace(1, 0.2, canvas.height, dtype=np.float32)[:, None]
        canvas.shade(np.asarray(0.17 * np.clip(wisps, -0.4, 1.2) * fade, dtype=np.float32))


def ridge(rng: np.random.Generator, width: int, height: float, waves: float) -> Tones:
    """Make the rolling line of hills over a width, in pixels above their foot."""
    x = np.linspace(0, 1, width, dtype=np.float32)
    line = np.zeros(width, dtype=np.float32)
    for octave in range(5):
        turns = waves * 2**octave
        line += np.float32(0.42**octave) * np.sin(x * np.float32(turns * 6.3) + np.float32(rng.uniform(0, 6.3)))
    line -= line.min()
    return np.asarray(height * (0.3 + 0.7 * line / max(float(line.max()), 1e-6)), dtype=np.float32)


def hills(canvas: Canvas, rng: np.random.Generator, foot: float, height: float, tone: float) -> None:
    """Draw a range of hills whose foot is at a height of the sheet (pixels); they pale towards it, where haze lies."""
    line = ridge(rng, canvas.width, height, rng.uniform(0.5, 1.3))
    rows = np.arange(canvas.height, dtype=np.float32)[:, None]
    inside = np.clip(rows - (foot - line[None, :]), 0, 1)
    light = np.clip(np.gradient(line)[None, :] * 0.16, -0.15, 0.15)
    depth = np.clip((rows - (foot - line[None, :])) / max(height, 1), 0, 1)
    value = tone + light + 0.16 * depth + 0.06 * noise(rng, canvas.height, canvas.width, 12)
    canvas.tones += ((np.clip(value, 0, 1) - canvas.tones) * inside).astype(np.float32)


def mountains(canvas: Canvas, rng: np.random.Generator, foot: float, height: float) -> None:
    """Draw a range of peaks with a bright and a dark face and snow on top, the far ones first."""
    count = int(rng.integers(5, 8))
    across = np.linspace(-0.05, 1.05, count) + rng.normal(0, 0.05, count)
    sizes = rng.uniform(0.65, 1.15, count)
    for index in np.argsort(-sizes):
        place = Place(across[index] * canvas.width, foot + 4, height * sizes[index])
        _peak(canvas, rng, place, rng.uniform(0.8, 1.2), 0.12 * (1.15 - sizes[index]))


def _peak(canvas: Canvas, rng: np.random.Generator, place: Place, half: float, haze: float) -> None:
    levels = np.linspace(0, 1, 9)
    left = np.stack([-half * levels * rng.uniform(0.85, 1.12, 9), levels - 1], axis=1)
    right = np.stack([half * levels * rng.uniform(0.85, 1.12, 9), levels - 1], axis=1)
    spine = np.stack([np.cumsum(rng.normal(0, 0.045, 9)) * levels, levels - 1], axis=1)
    canvas.fill(place(np.vstack([left, spine[::-1]])), 0.54 + haze)
    canvas.fill(place(np.vstack([right, spine[::-1]])), 0.28 + haze)
    # The snow line runs in tongues down the gullies.
    low = int(rng.integers(3, 5))
    for side, bright in ((left, 0.98), (right, 0.74)):
        tongues = np.linspace(side[low], spine[low], 7)
        tongues[1::2, 1] += rng.uniform(0.04, 0.14, 3)
        canvas.fill(place(np.vstack([side[:low], tongues, spine[:low][::-1]])), bright)
    for _gully in range(7):
        at = rng.integers(3, 8)
        side = right if rng.random() < 0.6 else left
        start = spine[at] * 0.6 + side[at] * 0.4
        end = start + np.array([rng.normal(0, 0.06) + np.sign(side[at][0]) * 0.08, 0.18])
        canvas.line(place(np.vstack([start, end])), 2.0, 0.3 + haze, 0.6)


def ground(canvas: Canvas, rng: np.random.Generator, horizon: float, tone: float) -> None:
    """Fill everything below the horizon (pixels) with a meadow that darkens towards the eye."""
    top = int(horizon)
    rows = canvas.height - top
    if rows < 2:
        return
    depth = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    texture = 0.10 * noise(rng, rows, canvas.width, 9) * (0.3 + depth) + 0.08 * noise(rng, rows, canvas.width, 60)
    canvas.tones[top:] = np.clip(tone + 0.12 * (1 - depth) - 0.14 * depth + texture, 0, 1)
    for _blade in range(int(rows * canvas.width / 900)):
        down = rng.uniform(0.15, 1) ** 0.7
        x, y = rng.uniform(0, canvas.width), top + down * rows
        length = 2 + 9 * down
        tip = (x + rng.normal(0, 2), y - length)
        canvas.line(np.array([(x, y), tip]), 1 + down, tone - 0.22 + rng.normal(0, 0.1), 0.7)


def water(canvas: Canvas, rng: np.random.Generator, shore: float, bottom: float | None = None) -> None:
    """Fill a band below a shore line (pixels) with water that mirrors what stands above it."""
    top, end = int(shore), int(bottom or canvas.height)
    rows = min(end, canvas.height) - top
    if rows < 4:
        return
    mirrored = canvas.tones[max(0, top - rows) : top][::-1]
    mirrored = (
        np.vstack([mirrored, np.repeat(mirrored[-1:], rows - len(mirrored), axis=0)])
        if len(mirrored) < rows
        else mirrored
    )
    surface = 0.62 * mirrored + 0.24
    # Ripples lie level: noise stretched along the rows.
    ripples = noise(rng, rows, max(8, canvas.width // 9), 3.2)
    ripples = np.repeat(ripples, 9, axis=1)
    ripples = np.pad(ripples, ((0, 0), (0, max(0, canvas.width - ripples.shape[1]))), mode="edge")[:, : canvas.width]
    depth = np.linspace(0.4, 1, rows, dtype=np.float32)[:, None]
    canvas.tones[top : top + rows] = np.clip(surface + 0.16 * ripples * depth, 0, 1)
    for _glint in range(rows // 3):
        y = top + rows * rng.uniform(0.02, 1)
        x = rng.uniform(0, canvas.width)
        length = rng.uniform(8, 50) * (0.4 + (y - top) / rows)
        canvas.line(np.array([(x, y), (x + length, y)]), 1.3, rng.choice([0.95, 0.3]), 0.7)


def furrows(canvas: Canvas, rng: np.random.Generator, horizon: float) -> None:
    """Plough the field below the horizon (pixels) towards a vanishing point."""
    vanishing = canvas.width * rng.uniform(0.2, 0.8)
    for x in np.linspace(-1.5, 2.5, 34):
        start = np.array([vanishing + (x - 0.5) * canvas.width * 0.12, horizon + 3])
        end = np.array([x * canvas.width, canvas.height + 5.0])
        canvas.line(np.array([start, end]), 2.2, 0.24 + rng.uniform(0, 0.1), 0.55)


def road(canvas: Canvas, rng: np.random.Generator, horizon: float) -> None:
    """Wind a pale road from the eye to the horizon (pixels)."""
    far = canvas.width * rng.uniform(0.3, 0.7)
    near = canvas.width * rng.uniform(0.25, 0.75)
    depth = np.linspace(0, 1, 12)
    sway = np.sin(depth * rng.uniform(3, 5) + rng.uniform(0, 6)) * canvas.width * 0.09 * (1 - depth) * depth * 4
    middle = far + (near - far) * depth**1.5 + sway
    half = 2 + canvas.width * 0.13 * depth**2
    y = horizon + (canvas.height + 4 - horizon) * depth
    edge = np.concatenate([np.stack([middle - half, y], 1), np.stack([middle + half, y], 1)[::-1]])
    canvas.fill(edge, 0.83, soft=1.2)


def conifer(canvas: Canvas, rng: np.random.Generator, x: float, foot: float, height: float, tone: float = 0.2) -> None:
    """Draw a spruce."""
    place = Place(x, foot, height)
    canvas.fill(place([(-0.025, 0), (0.025, 0), (0.015, -0.3), (-0.015, -0.3)]), 0.15)
    left, right = [], []
    for level in np.linspace(0.1, 1, 8):
        half = 0.25 * (1 - level) + 0.015
        left += [(-half * rng.uniform(0.8, 1.25), -level + 0.07), (-half * 0.45, -level - 0.02)]
        right += [(half * rng.uniform(0.8, 1.25), -level + 0.07), (half * 0.45, -level - 0.02)]
    canvas.fill(place([*left, (0, -1.06), *right[::-1]]), tone + rng.normal(0, 0.03), relief=0.25)


def broadleaf(
    canvas: Canvas, rng: np.random.Generator, x: float, foot: float, height: float, tone: float = 0.3
) -> None:
    """Draw a round-headed tree whose leaves catch the light."""
    place = Place(x, foot, height)
    lean = rng.normal(0, 0.03)
    canvas.fill(place.shape(limb([(0, 0.02), (lean, -0.3), (lean * 2, -0.62)], [0.04, 0.028, 0.015])), 0.16, relief=0.3)
    for side in (-1, 1):
        canvas.fill(place.shape(limb([(lean, -0.32), (0.16 * side, -0.58)], [0.018, 0.008])), 0.16)
    wide, high = rng.uniform(0.24, 0.36), rng.uniform(0.2, 0.3)
    for ring in range(3):
        for _clump in range(13):
            turn, far = rng.uniform(0, 2 * np.pi), rng.uniform(0, 1) ** 0.5 * (1 - 0.25 * ring)
            at = (lean * 2 + np.cos(turn) * wide * far - 0.05 * ring, -0.66 + np.sin(turn) * high * far - 0.05 * ring)
            clump = _leafy(rng, *at, rng.uniform(0.05, 0.11))
            canvas.fill(place(clump), tone - 0.12 + 0.13 * ring + rng.normal(0, 0.06), relief=0.4, opacity=0.9)


def _leafy(rng: np.random.Generator, x: float, y: float, radius: float) -> Points:
    outline = ellipse(x, y, radius, radius * 0.85, 16)
    return smooth(outline + rng.normal(0, radius * 0.13, outline.shape), 3)


def bush(canvas: Canvas, rng: np.random.Generator, x: float, foot: float, size: float) -> None:
    """Draw a low bush."""
    for _clump in range(7):
        at = (x + rng.normal(0, size * 0.4), foot - abs(rng.normal(0, size * 0.22)))
        canvas.fill(_leafy(rng, *at, size * rng.uniform(0.2, 0.35)), rng.uniform(0.15, 0.4), relief=0.35)


def trees(
    canvas: Canvas,
    rng: np.random.Generator,
    horizon: float,
    count: int,
    *,
    keep_free: tuple[float, float] | None = None,
    deepest: float = 0.75,
) -> None:
    """Plant trees on the ground, the far ones first; `keep_free` is a stretch of x (pixels) left open."""
    is_fir = rng.random() < 0.45
    depths = np.sort(rng.uniform(0.0, deepest, count))
    for depth in depths:
        x = rng.uniform(0, canvas.width)
        if keep_free and keep_free[0] < x < keep_free[1]:
            continue
        foot = horizon + depth * (canvas.height - horizon) * 0.8
        height = canvas.height * (0.13 + 0.5 * depth) * rng.uniform(0.8, 1.25)
        if is_fir:
            conifer(canvas, rng, x, foot, height, 0.34 - 0.2 * depth)
        else:
            broadleaf(canvas, rng, x, foot, height, 0.42 - 0.14 * depth)

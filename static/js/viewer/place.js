// How an image lies on its ground just now: enlarged, moved and turned by its transform.

/** Tell where the middle of the ground is in the image (in widths of the image), how it is turned, and how wide it is. */
export function placeOf(ground, image) {
  const style = getComputedStyle(image);
  const { a, b, c, d } = new DOMMatrix(style.transform);
  const { width, height } = fitted(image, style);
  // Whatever it is turned and moved by, the middle of the image is the middle of the box around it.
  const box = image.getBoundingClientRect();
  const around = ground.getBoundingClientRect();
  const across = around.left + around.width / 2 - (box.left + box.width / 2);
  const down = around.top + around.height / 2 - (box.top + box.height / 2);
  const area = a * d - b * c || 1;
  return {
    x: 0.5 + (d * across - c * down) / area / width,
    y: (height / 2 + (a * down - b * across) / area) / width,
    degrees: (Math.atan2(b, a) * 180) / Math.PI,
    width: width * Math.hypot(a, b),
    filter: style.filter,
  };
}

/** Tell whether more of the image could be seen than the version shown has: its pixels are larger than the screen's. */
export function wantsMore(image) {
  if (!image.naturalWidth || !(Number(image.dataset.fullWidth) > image.naturalWidth)) return false;
  const style = getComputedStyle(image);
  const { a, b } = new DOMMatrix(style.transform);
  return fitted(image, style).width * Math.hypot(a, b) * devicePixelRatio > image.naturalWidth;
}

// The image within its box, before it is enlarged, in fractions of pixels too.
function fitted({ naturalWidth, naturalHeight }, style) {
  const share = Math.min(
    Number.parseFloat(style.width) / naturalWidth,
    Number.parseFloat(style.height) / naturalHeight,
  );
  return { width: naturalWidth * share, height: naturalHeight * share };
}

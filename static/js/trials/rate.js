// A learning rate, clicked on the curve or taken from a suggestion, goes into the form.

/** Put a rate into the form's field, opening what hides it; tells whether there is such a field. */
export function fitRate(form, rate) {
  const field = form.elements.base_lr;
  if (!field) return false;
  for (let hiding = field.closest("details"); hiding; hiding = hiding.parentElement.closest("details"))
    hiding.open = true;
  field.value = rate;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

/** Call `choose` with the rate at each place of the chart that is clicked. */
export function onChart(event, choose) {
  const { view } = event.detail;
  view.addEventListener("click", (click) => {
    const [left] = view.origin();
    const plot = view.container().querySelector("svg").getBoundingClientRect();
    const scale = view.scale("x");
    const [low, high] = scale.domain();
    const rate = scale.invert(click.clientX - plot.left - left);
    if (rate >= low && rate <= high) choose(Number(rate.toPrecision(2)).toString());
  });
}

"use strict";
{
  const all = () => document.querySelectorAll("main details");
  const button = document.getElementById("unfold");
  const words = [button.textContent, button.dataset.fold];
  let unfolded = false;
  const fold = (open) => {
    unfolded = open;
    for (const one of all()) one.open = open;
    button.textContent = words[open ? 1 : 0];
    button.setAttribute("aria-pressed", String(open));
  };
  button.addEventListener("click", () => fold(!unfolded));

  // What is folded is printed as well, and folded again afterwards.
  let before = [];
  addEventListener("beforeprint", () => {
    before = [...all()].filter((one) => !one.open);
    for (const one of before) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of before) one.open = false;
  });

  const filter = document.getElementById("filter");
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const one of document.querySelectorAll("main .item, main .matter, main .notes > li, main tbody > tr")) {
      one.hidden = wanted !== "" && !one.textContent.toLowerCase().includes(wanted);
    }
  });

  const reveal = () => {
    const found = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (found && found.tagName === "DETAILS") found.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
}

"use strict";
// Search, filter and copy. Without this script the page shows everything.
const findings = [...document.querySelectorAll(".finding")];
const tools = document.querySelector(".tools");
if (tools) {
  const search = tools.querySelector("input");
  const buttons = [...tools.querySelectorAll("button")];
  const shown = tools.querySelector("output");
  const texts = findings.map((each) => each.textContent.toLowerCase());
  const update = () => {
    const words = search.value.toLowerCase().split(" ").filter(Boolean);
    const pressed = buttons.find((each) => each.getAttribute("aria-pressed") === "true").value;
    let count = 0;
    findings.forEach((each, index) => {
      const matches = words.every((word) => texts[index].includes(word)) && (!pressed || each.classList.contains(pressed));
      each.hidden = !matches;
      count += matches;
    });
    shown.textContent = count === findings.length ? "" : count + " of " + findings.length + " shown";
  };
  search.addEventListener("input", update);
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
      update();
    });
  }
  tools.hidden = false;
}
for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = button.parentElement.querySelector("pre").textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}

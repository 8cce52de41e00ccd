// What script adds to pages that work without it: a choice by spec, steppers, live freight.
(() => {
  "use strict";
  const make = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };

  // Steppers beside a quantity that is not sent at once.
  for (const button of document.querySelectorAll("button[data-step]")) {
    const input = button.parentElement.querySelector("input");
    button.hidden = false;
    button.addEventListener("click", () => {
      const next = Number(input.value || 1) + Number(button.dataset.step);
      input.value = Math.min(Number(input.max) || 999, Math.max(1, next));
    });
  }

  // Quantities in the cart are sent when they change.
  for (const form of document.querySelectorAll("form[data-auto]")) {
    form.querySelector("input").addEventListener("change", () => form.requestSubmit());
  }

  // A form is sent once; coming back from the next page it can be sent again.
  for (const form of document.querySelectorAll('form[method="post"]')) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
      setTimeout(() => delete form.dataset.sent, 8000);
    });
  }
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // From a list of SKUs to one choice for each spec.
  const picker = document.querySelector("form[data-picker]");
  const data = document.getElementById("variants");
  if (picker && data) choose(picker, JSON.parse(data.textContent));

  function choose(form, { specs, skus, low, ...say }) {
    const radios = new Map([...form.querySelectorAll("input[name=sku]")].map((radio) => [radio.value, radio]));
    const amount = document.querySelector("#amount b");
    const left = document.getElementById("left");
    const quantity = form.querySelector("#quantity");
    const list = form.querySelector("fieldset.variants");
    const first = skus.find((sku) => sku.id === data.dataset.chosen) || skus[0];
    const wanted = first ? [...first.values] : [];
    const groups = specs.map((name, place) => {
      const values = [...new Set(skus.map((sku) => sku.values[place]))];
      const buttons = values.map((value) => {
        const input = make("input", { type: "radio", name: "spec-" + place, value });
        const note = make("small");
        input.addEventListener("change", () => { wanted[place] = value; show(); });
        return [value, input, make("label", { className: "chip" }, input, make("span", {}, value, note)), note];
      });
      const box = make("fieldset", {}, make("legend", { textContent: name }), ...buttons.map((b) => b[2]));
      return { box, buttons };
    });
    const match = (values) => skus.find((sku) => sku.values.every((value, place) => value === values[place]));
    const inStock = (place, value) => skus.some((sku) => sku.left > 0 && sku.values[place] === value);
    const fits = (place, value) => match(wanted.map((one, at) => (at === place ? value : one)))?.left > 0;
    const senders = [...form.querySelectorAll("button[name=then]")];

    // What was chosen stays chosen: a combination that cannot be bought is said to be so.
    function show() {
      groups.forEach(({ buttons }, place) => buttons.forEach(([value, input, label, note]) => {
        const nowhere = !inStock(place, value);
        input.checked = wanted[place] === value;
        label.classList.toggle("gone", nowhere || !fits(place, value));
        const off = nowhere && skus.every((one) => one.off || one.values[place] !== value);
        note.textContent = nowhere ? " " + (off ? say.off : say.gone) : fits(place, value) ? "" : " " + say.gone_here;
      }));
      const sku = match(wanted);
      const name = wanted.join(" / ");
      const can = Boolean(sku && sku.left);
      for (const radio of radios.values()) radio.checked = can && radio.value === sku.id;
      for (const button of senders) button.disabled = !can;
      left.textContent = !sku || sku.off ? say.not_made.replace("{name}", name)
        : !sku.left ? say.sold_out.replace("{name}", name)
        : sku.low ? low.replace("{n}", sku.left) : "";
      if (!sku) return;
      amount.textContent = sku.price;
      quantity.max = Math.max(1, sku.left);
      if (sku.left && Number(quantity.value) > sku.left) quantity.value = sku.left;
      if (sku.picture) turnTo("pic-" + sku.picture);
    }
    if (specs.length > 0 && groups.every((group) => group.buttons.length)) {
      list.before(...groups.map((group) => group.box));
      list.hidden = true;
      show();
    }
  }

  // Thumbnails turn the gallery without moving the page.
  function turnTo(id) {
    const picture = document.getElementById(id);
    picture?.parentElement.scrollTo({ left: picture.offsetLeft - picture.parentElement.offsetLeft, behavior: "smooth" });
  }
  for (const link of document.querySelectorAll(".thumbs a")) {
    link.addEventListener("click", (event) => { event.preventDefault(); turnTo(link.hash.slice(1)); });
  }

  // Freight follows the province; so do cities, and districts follow these. Without script, both
  // are typed, and the server knows whether they lie in the province.
  const checkout = document.getElementById("checkout");
  if (checkout) {
    const province = checkout.querySelector("#province_code");
    checkout.querySelector("[data-quote]").hidden = true;
    const chooser = (name) => {
      const input = document.getElementById(name);
      const select = make("select");
      for (const { name: key, value } of input.attributes) {
        if (!["type", "value", "maxlength", "list"].includes(key)) select.setAttribute(key, value);
      }
      select.dataset.wanted = input.value;
      input.replaceWith(select);
      return select;
    };
    const offer = (select, names) => {
      const wanted = select.value || select.dataset.wanted || "";
      const none = make("option", { value: "", textContent: names.length ? checkout.dataset.choose : "–" });
      select.replaceChildren(none, ...names.map((name) => make("option", { value: name, textContent: name })));
      select.value = names.includes(wanted) ? wanted : names.length === 1 ? names[0] : "";
      select.dataset.wanted = "";
    };
    let listed = [];
    const districts = () => {
      offer(district, listed.find((one) => one.name === city.value)?.districts || []);
    };
    const cities = async () => {
      const asked = province.value;
      const answer = asked ? await fetch(checkout.dataset.regions + "?province_code=" + asked) : null;
      if (province.value !== asked) return;
      listed = answer?.ok ? (await answer.json()).cities : [];
      offer(city, listed.map((one) => one.name));
      districts();
    };
    const city = chooser("city");
    const district = chooser("district");
    city.addEventListener("change", districts);
    province.addEventListener("change", async () => {
      cities();
      const query = new URLSearchParams({ items: checkout.elements.items.value, province_code: province.value });
      const answer = await fetch(checkout.dataset.summary + "?" + query);
      if (answer.ok) document.getElementById("summary").innerHTML = await answer.text();
    });
    cities();
    (checkout.querySelector("[aria-invalid]") || document.getElementById("alert"))?.scrollIntoView({ block: "center" });
  }
})();

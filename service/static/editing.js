// Comfort for the forms of editors; without it they work the same, one answer of the server later.
"use strict";
(() => {
  const get = (name) => document.querySelector(`[name="${name}"]`);
  const later = (work, wait = 200) => {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(work, wait); };
  };
  const asked = {};  // only the answer to the newest question of each kind is shown
  const ask = async (kind, address) => {
    const mine = asked[kind] = (asked[kind] || 0) + 1;
    try {
      const reply = await fetch(address, {headers: {Accept: kind === "meaning" ? "text/html" : "application/json"}});
      return reply.ok && mine === asked[kind] ? reply : null;
    } catch { return null; }
  };

  // What a hedge means in numbers, as one types it.
  const hedge = get("hedge"), meaning = document.getElementById("meaning");
  if (hedge && meaning) {
    const show = async () => {
      const query = new URLSearchParams({hedge: hedge.value, lexicon: get("lexicon").value, against: get("against").checked});
      const reply = await ask("meaning", `/record/meaning?${query}`);
      if (reply) meaning.innerHTML = await reply.text();
    };
    const soon = later(show);
    hedge.addEventListener("input", soon);
    for (const name of ["lexicon", "against"]) get(name).addEventListener("change", soon);
  }

  // Commentators and questions on record, as one types.
  const same = (one, other) => one.trim().toLowerCase() === other.trim().toLowerCase();
  const tell = async (field, items) => {
    const told = document.getElementById(`found-${field.list.id}`), typed = field.value;
    const found = items.filter((each) => same(each[field.dataset.of], typed) || each.slug === typed.trim());
    told.hidden = !typed.trim() || (field.dataset.of === "text" && found.length === 0);
    if (told.hidden) return;
    const one = found[0];
    told.className = one ? "found" : "caution";
    if (field.dataset.of === "name") {
      told.textContent = one ? `${one.name} is on record.` : "Not on record under this name: will be entered as new.";
      return;
    }
    const reply = await ask("question", `/api/questions/${one.slug}`);
    if (!reply) return;
    const whole = await reply.json(), assigned = whole.deadline_basis === "assigned";
    const outcome = whole.outcome ? `, outcome ${whole.outcome}` : "";
    told.className = assigned || whole.status !== "open" ? "caution" : "found";
    told.textContent = `${typed.trim() === whole.slug ? whole.text + " " : ""}On record: ${whole.status}${outcome}. `
      + `Deadline ${whole.deadline.slice(0, 10)}, ${whole.deadline_basis}${assigned ? " by a recorder" : ""}.`;
    const lines = get("probabilities");
    if (whole.options && lines && !lines.value.trim()) {
      lines.value = whole.options.map((option) => `${option}: \n`).join("");
      lines.closest("details").open = true;
    }
  };
  for (const field of document.querySelectorAll("[data-suggest]")) {
    const suggest = async () => {
      const typed = field.value.trim();
      if (typed.length < 2) { tell(field, []); return; }
      const reply = await ask(field.name, `${field.dataset.suggest}?limit=20&q=${encodeURIComponent(typed.slice(0, 200))}`);
      if (!reply) return;
      const {items} = await reply.json();
      field.list.replaceChildren(...items.map((each) => {
        const option = document.createElement("option");
        option.value = each[field.dataset.of];
        if (each.deadline) option.label = `${each.status}, deadline ${each.deadline.slice(0, 10)}`;
        return option;
      }));
      tell(field, items);
    };
    field.addEventListener("input", later(suggest));
    if (field.value) suggest();
  }

  // After a form was sent back: to what is to be mended.
  const faults = document.getElementById("faults") || document.getElementById("cautions");
  if (faults) faults.focus();
})();

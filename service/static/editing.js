// Suggestions and previews in the forms of editors; without scripts the forms work the same, and the server checks them.
"use strict";
(() => {
  const fieldNamed = (name) => document.querySelector(`[name="${name}"]`);
  const debounce = (callback, wait = 200) => {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(callback, wait); };
  };
  const newestRequest = {};  // by kind: replies to earlier requests of the same kind are dropped
  const fetchNewest = async (kind, address, accept = "application/json") => {
    const number = newestRequest[kind] = (newestRequest[kind] || 0) + 1;
    try {
      const reply = await fetch(address, {headers: {Accept: accept}});
      return reply.ok && number === newestRequest[kind] ? reply : null;
    } catch { return null; }
  };

  // Show the interpretation of a hedge while it is typed.
  const hedge = fieldNamed("hedge"), interpretation = document.getElementById("interpretation");
  if (hedge && interpretation) {
    const showInterpretation = async () => {
      const query = new URLSearchParams(
        {hedge: hedge.value, lexicon: fieldNamed("lexicon").value, against: fieldNamed("against").checked});
      const reply = await fetchNewest("interpretation", `/record/meaning?${query}`, "text/html");
      if (reply) interpretation.innerHTML = await reply.text();
    };
    const showSoon = debounce(showInterpretation);
    hedge.addEventListener("input", showSoon);
    for (const name of ["lexicon", "against"]) fieldNamed(name).addEventListener("change", showSoon);
  }

  // Suggest commentators and questions on record, and show whether the typed one is on record.
  const equalIgnoringCase = (first, second) => first.trim().toLowerCase() === second.trim().toLowerCase();
  const showMatch = async (field, items) => {
    const status = document.getElementById(`on-record-${field.list.id}`), typed = field.value;
    const matches = items.filter((item) => equalIgnoringCase(item[field.dataset.of], typed) || item.slug === typed.trim());
    status.hidden = !typed.trim() || (field.dataset.of === "text" && matches.length === 0);
    if (status.hidden) return;
    const match = matches[0];
    status.className = match ? "on-record" : "warning";
    if (field.dataset.of === "name") {
      status.textContent = match ? `${match.name} is on record.` : "Not on record under this name: will be entered as new.";
      return;
    }
    const reply = await fetchNewest("question", `/api/questions/${match.slug}`);
    if (!reply) return;
    const question = await reply.json(), assigned = question.deadline_basis === "assigned";
    const outcome = question.outcome ? `, outcome ${question.outcome}` : "";
    status.className = assigned || question.status !== "open" ? "warning" : "on-record";
    status.textContent = `${typed.trim() === question.slug ? question.text + " " : ""}On record: ${question.status}${outcome}. `
      + `Deadline ${question.deadline.slice(0, 10)}, ${question.deadline_basis}${assigned ? " by a recorder" : ""}.`;
    const probabilities = fieldNamed("probabilities");
    if (question.options && probabilities && !probabilities.value.trim()) {
      probabilities.value = question.options.map((option) => `${option}: \n`).join("");
      probabilities.closest("details").open = true;
    }
  };
  for (const field of document.querySelectorAll("[data-suggest]")) {
    const suggest = async () => {
      const typed = field.value.trim();
      if (typed.length < 2) { showMatch(field, []); return; }
      const query = new URLSearchParams({limit: 20, q: typed.slice(0, 200)});
      const reply = await fetchNewest(field.name, `${field.dataset.suggest}?${query}`);
      if (!reply) return;
      const {items} = await reply.json();
      field.list.replaceChildren(...items.map((item) => {
        const option = document.createElement("option");
        option.value = item[field.dataset.of];
        if (item.deadline) option.label = `${item.status}, deadline ${item.deadline.slice(0, 10)}`;
        return option;
      }));
      showMatch(field, items);
    };
    field.addEventListener("input", debounce(suggest));
    if (field.value) suggest();
  }

  // After a form was returned: focus its errors or warnings.
  const problems = document.getElementById("form-errors") || document.getElementById("form-warnings");
  if (problems) problems.focus();
})();

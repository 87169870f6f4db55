// The personas page: its link to copy, and its voices to hear.

acts["copy-link"] = (button) => copy(button, { innerText: new URL(button.dataset.link, location.href).href });

let sample = null;
acts.hear = (button) => {
  const voice = button.closest(".voice").querySelector("select").value;
  sample?.pause();
  sample = new Audio(`speech/sample/${button.dataset.language}?${new URLSearchParams({ voice })}`);
  sample.play().catch(() => note(words.speech_failed));
};

// From a finding to its field.
acts.mend = (button) => {
  choose(button);
  const form = button.closest("form");
  const [group] = button.dataset.field.split(".");
  const find = (name) => form.querySelector(`[name${name}]:not([type=hidden], [hidden])`);
  const field = find(`="${button.dataset.field}"`) || find(`^="${group}"`) || form.querySelector(`[data-kind="${group}"]`);
  field?.focus();
};

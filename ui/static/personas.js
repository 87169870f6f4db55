// The personas page: its link to copy, and its voices to hear.

acts["copy-link"] = (button) => copy(button, { innerText: new URL(button.dataset.link, location.href).href });

let sample = null;
acts.hear = (button) => {
  const voice = button.closest(".voice").querySelector("select").value;
  sample?.pause();
  sample = new Audio(`speech/sample/${button.dataset.language}?${new URLSearchParams({ voice })}`);
  sample.play().catch(() => note(words.speech_failed));
};

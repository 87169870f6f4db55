// Reads an answer aloud, sentence after sentence: fetches one while the one before is being played.

const player = (() => {
  const audio = new Audio();
  let playing = "";
  let abort = null;

  const mark = () => {
    for (const button of document.querySelectorAll('[data-do="speak"]')) {
      const on = button.dataset.run === playing;
      button.classList.toggle("on", on);
      button.title = on ? button.dataset.stop : button.getAttribute("aria-label");
    }
  };

  // A browser plays sound only after a press; playing nothing during that press keeps the right to play later.
  const unlock = () => {
    if (audio.dataset.unlocked) return;
    audio.dataset.unlocked = "1";
    audio.src = "data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";
    audio.play().catch(() => delete audio.dataset.unlocked);
  };

  const stop = () => {
    abort?.abort();
    abort = null;
    playing = "";
    audio.pause();
    mark();
  };

  async function sentence(run, index, signal) {
    for (;;) {
      const answer = await fetch(`speech/${encodeURIComponent(run)}/${index}`, { signal, headers: { "accept-language": language() } });
      if (answer.status === 204) return null;
      if (answer.ok) return URL.createObjectURL(await answer.blob());
      // Not written yet: the answer is slow, so ask again; anything else is a failure with a sentence of its own.
      if (!answer.headers.has("retry-after")) throw new Error(await said(answer));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async function said(answer) {
    const sentence = await answer.text().catch(() => "");
    return (answer.headers.get("content-type") || "").startsWith("text/plain") && sentence ? sentence : words.speech_failed;
  }

  function sound(address, signal) {
    return new Promise((resolve, reject) => {
      audio.onended = resolve;
      audio.onerror = () => reject(new Error(words.speech_failed));
      signal.addEventListener("abort", resolve, { once: true });
      audio.src = address;
      audio.play().catch(reject);
    }).finally(() => URL.revokeObjectURL(address));
  }

  async function play(run, quietly = false) {
    if (playing === run) return;
    stop();
    playing = run;
    abort = new AbortController();
    const { signal } = abort;
    mark();
    try {
      let next = sentence(run, 0, signal);
      for (let index = 1; !signal.aborted; index += 1) {
        const address = await next;
        if (address === null) break;
        next = sentence(run, index, signal);
        next.catch(() => {});
        await sound(address, signal);
      }
    } catch (error) {
      if (!signal.aborted && !quietly) note(error.name === "Error" ? error.message : words.speech_failed);
    }
    if (playing === run) { playing = ""; mark(); }
  }

  const toggle = (run) => (playing === run ? stop() : play(run));
  return { play, stop, toggle, unlock, mark };
})();

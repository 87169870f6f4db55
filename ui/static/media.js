// A picture of a conversation in full size, over the page; a press anywhere or Escape brings the page back.

acts.enlarge = (button) => {
  const whole = document.createElement("dialog");
  whole.className = "whole";
  whole.tabIndex = 0;
  whole.append(button.querySelector("img").cloneNode());
  whole.setAttribute("aria-label", button.querySelector("img").alt);
  whole.onclick = () => whole.close();
  whole.onclose = () => whole.remove();
  house.append(whole);
  whole.showModal();
};

{
  const cells = document.querySelectorAll("details.code");
  const button = document.getElementById("show-code");
  button.hidden = cells.length === 0;
  button.addEventListener("click", () => {
    const open = [...cells].some((cell) => !cell.open);
    cells.forEach((cell) => { cell.open = open; });
    button.textContent = open ? "Hide all code" : "Show all code";
  });
}

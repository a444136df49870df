import { expect, it } from "vitest";
import { renderForm } from "../src/wire/form.ts";

const VALUES = [
  "",
  "SM0123",
  "+14155550100",
  "a b",
  "é😀",
  "\ud800",
  "~!'()*-._",
  "a=b&c=d",
  "100 %",
  "\r\n",
];

it("writes a form as URLSearchParams does", () => {
  for (const value of VALUES) {
    const parameters = { From: value, "A name": value, [value]: "x" };
    expect(renderForm(parameters)).toBe(new URLSearchParams(parameters).toString());
  }
});

it("writes no form of no parameters", () => {
  expect(renderForm({})).toBe("");
});

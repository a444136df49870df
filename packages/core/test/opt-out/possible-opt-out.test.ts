import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { possibleOptOut } from "../../src/opt-out/possible-opt-out.ts";

describe("possibleOptOut", () => {
  it.each([
    "please stop texting me",
    "Stop. Thank you",
    "stop, please",
    "STOP PLEASE",
    "PLEASE CANCEL",
    "stop stop stop",
    "STOP!!! STOP!!!",
    "Stop all",
    "Hi, stop now",
    "unsubscribe me",
    "How do I unsubscribe?",
    "I want to opt out",
    "opt me out please",
    "Please remove me from your list",
    "take me off this list",
    "Stop sending these",
    "stop sending me messages",
    "Stop the texts",
    "STOP ALL THE TEXTS",
    "Stop all messages",
    "Please stop sending all of your messages",
    "I do not want to receive text messages",
    "I don’t want any more texts",
    "I no longer wish to receive these messages",
    "Wrong number, stop",
    "wrong number stop",
    "No quiero recibir más mensajes",
    "Não me envie mais mensagens",
    "Je ne veux plus recevoir vos offres",
    "Bitte abmelden",
    "quit texting my phone",
    "don't text me anymore",
    "Don’t text me",
    "Do not contact this number again",
    "no more texts",
    "I revoke my consent",
    "leave me alone",
    "stpo",
    "Stooop",
    "unsubcribe",
    "UNSUSCRIBE!",
    "no me envíen más",
    "quiero darme de baja",
    "No más mensajes",
    "não quero mais receber",
    "Arrêtez de m'envoyer des SMS",
    "plus de SMS svp",
    "Keine Nachrichten mehr bitte",
  ])("suspects %j", (body) => {
    expect(possibleOptOut(body)).toBeTypeOf("string");
  });

  it.each([
    "we have got to stop this bill",
    "STOP 12345",
    "Can you stop by at 5?",
    "I'll stop by tomorrow",
    "which bus stop?",
    "wrong number",
    "Who is this?",
    "I don't want the blue one",
    "no quiero eso",
    "The bus stop is at 5th and Main",
    "don't text and drive",
    "stop texting and driving",
    "I will not stop fighting for this",
    "Please cancel my appointment on Friday",
    "At the end of the day, yes",
    "yes",
    "ok thanks",
    "thank you",
    "step",
    "shop",
    "stoop",
    "top",
    "I can't make it, please move me to Tuesday",
    "Do you ever stop? haha we love you guys",
    "Please don't send the package to my old address",
    "",
    "🛑",
  ])("does not suspect %j", (body) => {
    expect(possibleOptOut(body)).toBeUndefined();
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (body) => {
        const found = possibleOptOut(body);
        expect(found === undefined || found.length > 0).toBe(true);
      }),
    );
  });
});

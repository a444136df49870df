import { AS_OF, type CountryPack, listed } from "./pack.ts";

const BILINGUAL_INFO =
  "{brand}: Help/Aide: {supportContact}. STOP to end/ARRET pour terminer. Std msg rates may apply/Tarifs msg std possibles.";

/**
 * Canada: the five words every Canadian short code must answer (CWTA Common Short Code Application Guidelines 3.9): STOP,
 * ARRET, HELP, AIDE and INFO, the English ones in English, the French ones in French, INFO in both, subscriber or not, in at
 * most 160 characters. The guidelines want a toll-free number in `supportContact`.
 */
export const CANADA: CountryPack = {
  country: "CA",
  asOf: AS_OF,
  answerNonSubscribers: true,
  sets: [
    {
      language: "en",
      asOf: AS_OF,
      countries: ["CA"],
      words: [
        listed("STOP", "STOP", "canada"),
        listed("HELP", "HELP", "canada"),
        listed("HELP", "INFO", "canada", { reply: BILINGUAL_INFO }),
      ],
      replies: {
        stop: "{brand}: You are unsubscribed and will receive no more messages from us. Reply START to resubscribe.",
        start:
          "{brand}: You are subscribed. Reply HELP for help, STOP to unsubscribe. Std msg&data rates may apply.",
        help: "{brand}: For help contact {supportContact}. Reply STOP to unsubscribe. Std msg&data rates may apply.",
      },
    },
    {
      language: "fr",
      asOf: AS_OF,
      countries: ["CA"],
      words: [
        listed("STOP", "ARRET", "canada"),
        listed("STOP", "ARRETE", "twilioProxy"),
        listed("STOP", "ARRETT", "twilioProxy"),
        listed("START", "RECOMMENCER", "esendex", { onlyWhenOptedOut: true }),
        listed("HELP", "AIDE", "canada"),
      ],
      replies: {
        stop: "{brand}: Désabonnement confirmé. Vous ne recevrez plus nos messages. Répondez START pour vous réabonner.",
        start:
          "{brand}: Abonnement confirmé. Répondez AIDE pour obtenir de l'aide, ARRET pour vous désabonner. Frais possibles.",
        help: "{brand}: Pour obtenir de l'aide: {supportContact}. Répondez ARRET pour vous désabonner. Des frais peuvent s'appliquer.",
      },
    },
  ],
};

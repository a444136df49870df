import { AS_OF, type KeywordPack, listed, translated } from "./pack.ts";

/**
 * Words and replies by language, opt-in by option. A word is `verified` when a public keyword list names it; else it is the
 * standard word in plain translation, and says so. Of the 41 languages that Twilio's Advanced Opt-Out offers, those not here
 * (Southern Ndebele, Southern Sotho, Swati, Tsonga, Tswana, Venda, Xhosa, Zulu) had no public list: configure your own words.
 *
 * The replies are our own. Where the language allows it they are worded so that they stay in GSM-7 and one segment; in every
 * one of them START, STOP or a word of the pack names the way back or out. STOP, START and HELP work in every language.
 */
export const LANGUAGE_PACKS: readonly KeywordPack[] = [
  {
    language: "es",
    asOf: AS_OF,
    countries: "ES MX AR CO CL PE VE EC GT CU BO DO HN PY SV NI CR PA UY PR GQ".split(" "),
    words: [
      listed("STOP", "DETENER", "bird"),
      listed("STOP", "SALIR", "sinch"),
      translated("STOP", "BAJA"),
      translated("STOP", "ALTO"),
      translated("STOP", "PARAR"),
      translated("STOP", "CANCELAR"),
      listed("START", "VOLVER", "sinch", { onlyWhenOptedOut: true }),
      listed("START", "RECIBIR", "sinch"),
      translated("START", "ALTA"),
      listed("HELP", "AYUDA", "bird"),
    ],
    replies: {
      stop: "{brand}: Baja confirmada. Ya no le enviaremos mensajes. Responda START para volver a recibirlos.",
      start:
        "{brand}: Alta confirmada. Responda AYUDA para obtener ayuda, BAJA para darse de baja. Pueden aplicarse tarifas.",
      help: "{brand}: Para obtener ayuda: {supportContact}. Responda BAJA para darse de baja. Pueden aplicarse tarifas.",
    },
  },
  {
    language: "fr",
    asOf: AS_OF,
    countries: "FR MC SN CI CM ML BF NE TG BJ GA CG CD GN".split(" "),
    words: [
      listed("STOP", "ARRET", "bird"),
      listed("STOP", "ARRETE", "twilioProxy"),
      listed("STOP", "ARRETT", "twilioProxy"),
      translated("STOP", "DESABONNER"),
      translated("STOP", "DESABONNEMENT"),
      listed("START", "NONARRET", "bird"),
      listed("START", "RECOMMENCER", "esendex", { onlyWhenOptedOut: true }),
      listed("HELP", "AIDE", "bird"),
    ],
    replies: {
      stop: "{brand}: Désabonnement confirmé. Vous ne recevrez plus nos messages. Répondez START pour vous réabonner.",
      start:
        "{brand}: Abonnement confirmé. Répondez AIDE pour obtenir de l'aide, STOP pour vous désabonner. Frais possibles.",
      help: "{brand}: Pour obtenir de l'aide: {supportContact}. Répondez STOP pour vous désabonner. Des frais peuvent s'appliquer.",
    },
  },
  {
    language: "de",
    asOf: AS_OF,
    countries: ["DE", "AT", "CH", "LI"],
    words: [
      listed("STOP", "HALT", "bird"),
      translated("STOP", "STOPP"),
      translated("STOP", "ABMELDEN"),
      translated("START", "ANMELDEN"),
      listed("HELP", "HILFE", "bird"),
    ],
    replies: {
      stop: "{brand}: Sie sind abgemeldet und erhalten keine Nachrichten mehr von uns. Antworten Sie START zur Wiederanmeldung.",
      start:
        "{brand}: Sie sind angemeldet. Antworten Sie HILFE für Hilfe, STOP zum Abmelden. Es können Kosten anfallen.",
      help: "{brand}: Hilfe erhalten Sie hier: {supportContact}. Antworten Sie STOP zum Abmelden. Es können Kosten anfallen.",
    },
  },
  {
    language: "pt",
    asOf: AS_OF,
    countries: "BR PT AO MZ CV GW ST TL".split(" "),
    words: [
      listed("STOP", "PARAR", "sinch"),
      listed("STOP", "CANCELAR", "sinch"),
      translated("STOP", "SAIR"),
      listed("START", "VOLTAR", "sinch", { onlyWhenOptedOut: true }),
      listed("START", "RECEBER", "sinch"),
      listed("HELP", "AJUDA", "bird"),
    ],
    replies: {
      stop: "{brand}: Cancelamento confirmado. Paramos de enviar mensagens. Responda START para voltar a receber.",
      start:
        "{brand}: Assinatura ativada. Responda AJUDA para obter ajuda, PARAR para cancelar. Podem ser cobradas tarifas.",
      help: "{brand}: Para obter ajuda: {supportContact}. Responda PARAR para cancelar. Podem ser cobradas tarifas.",
    },
  },
  {
    language: "it",
    asOf: AS_OF,
    countries: ["IT", "SM", "VA"],
    words: [
      listed("STOP", "FERMA", "bird"),
      translated("STOP", "DISISCRIVIMI"),
      translated("START", "ISCRIVIMI"),
      listed("HELP", "AIUTO", "bird"),
    ],
    replies: {
      stop: "{brand}: Disiscrizione confermata. Non riceverai altri nostri messaggi. Rispondi START per iscriverti di nuovo.",
      start:
        "{brand}: Iscrizione confermata. Rispondi AIUTO per ricevere aiuto, STOP per disiscriverti. Possibili costi.",
      help: "{brand}: Per ricevere aiuto: {supportContact}. Rispondi STOP per disiscriverti. Possono applicarsi dei costi.",
    },
  },
  {
    language: "nl",
    asOf: AS_OF,
    countries: ["NL", "BE", "SR"],
    words: [translated("STOP", "AFMELDEN"), translated("START", "AANMELDEN"), listed("HELP", "HULP", "bird")],
    replies: {
      stop: "{brand}: Je bent afgemeld en ontvangt geen berichten meer van ons. Antwoord START om je weer aan te melden.",
      start:
        "{brand}: Je bent aangemeld. Antwoord HULP voor hulp, STOP om je af te melden. Er kunnen kosten gelden.",
      help: "{brand}: Hulp nodig: {supportContact}. Antwoord STOP om je af te melden. Er kunnen kosten gelden.",
    },
  },
  {
    language: "pl",
    asOf: AS_OF,
    countries: ["PL"],
    words: [
      listed("STOP", "ZATRZYMAJ", "bird"),
      translated("STOP", "WYPISZ"),
      translated("START", "WZNÓW"),
      listed("HELP", "POMOCY", "bird"),
      translated("HELP", "POMOC"),
    ],
    replies: {
      stop: "{brand}: Rezygnacja potwierdzona. Nie otrzymasz od nas kolejnych SMS. Wznowienie: odpisz START.",
      start:
        "{brand}: Subskrypcja aktywna. Pomoc: odpisz POMOC. Rezygnacja: odpisz STOP. Koszt SMS wg taryfy.",
      help: "{brand}: Pomoc: {supportContact}. Rezygnacja: odpisz STOP. Koszt SMS wg taryfy.",
    },
  },
  {
    language: "ru",
    asOf: AS_OF,
    countries: ["RU", "BY", "KZ", "KG"],
    words: [
      listed("STOP", "ОСТАНОВИТЬ", "bird"),
      translated("STOP", "СТОП"),
      translated("STOP", "ОТПИСАТЬСЯ"),
      translated("START", "СТАРТ"),
      translated("START", "ПОДПИСАТЬСЯ"),
      listed("HELP", "ПОМОЩЬ", "bird"),
    ],
    replies: {
      stop: "{brand}: Вы отписаны, сообщений больше не будет. Вернуться: START",
      start: "{brand}: Вы подписаны. Помощь: ПОМОЩЬ. Отписаться: STOP",
      help: "{brand}: Помощь: {supportContact}. Отписаться: STOP",
    },
  },
  {
    language: "sv",
    asOf: AS_OF,
    countries: ["SE", "AX"],
    words: [
      listed("STOP", "STOPP", "sweden"),
      listed("STOP", "AVSLUTA", "sweden"),
      translated("START", "STARTA"),
      translated("HELP", "HJÄLP"),
    ],
    replies: {
      stop: "{brand}: Du är avregistrerad och får inga fler meddelanden från oss. Svara START för att börja igen.",
      start:
        "{brand}: Du är registrerad. Svara HJÄLP för hjälp, STOPP för att avsluta. Avgifter kan tillkomma.",
      help: "{brand}: Hjälp: {supportContact}. Svara STOPP för att avsluta. Avgifter kan tillkomma.",
    },
  },
  {
    language: "da",
    asOf: AS_OF,
    countries: ["DK", "FO", "GL"],
    words: [listed("STOP", "AFMELD", "denmark"), translated("START", "TILMELD"), translated("HELP", "HJÆLP")],
    replies: {
      stop: "{brand}: Du er afmeldt og modtager ikke flere beskeder fra os. Svar START for at tilmelde dig igen.",
      start: "{brand}: Du er tilmeldt. Svar HJÆLP for hjælp, STOP for at afmelde. Der kan forekomme gebyrer.",
      help: "{brand}: Hjælp: {supportContact}. Svar STOP for at afmelde. Der kan forekomme gebyrer.",
    },
  },
  {
    language: "no",
    asOf: AS_OF,
    countries: ["NO", "SJ"],
    words: [
      listed("STOP", "UNSUB", "brevo"),
      translated("STOP", "STOPP"),
      translated("STOP", "AVSLUTT"),
      translated("HELP", "HJELP"),
    ],
    replies: {
      stop: "{brand}: Du er avmeldt og mottar ikke flere meldinger fra oss. Svar START for å melde deg på igjen.",
      start: "{brand}: Du er påmeldt. Svar HJELP for hjelp, STOPP for å melde deg av. Avgifter kan påløpe.",
      help: "{brand}: Hjelp: {supportContact}. Svar STOPP for å melde deg av. Avgifter kan påløpe.",
    },
  },
  {
    language: "fi",
    asOf: AS_OF,
    countries: ["FI"],
    words: [
      translated("STOP", "LOPETA"),
      translated("STOP", "PERUUTA"),
      translated("START", "ALOITA"),
      translated("HELP", "OHJE"),
      translated("HELP", "APUA"),
    ],
    replies: {
      stop: "{brand}: Tilauksesi on peruttu, etkä saa meiltä enää viestejä. Vastaa START, jos haluat tilata uudelleen.",
      start:
        "{brand}: Tilauksesi on voimassa. Ohjeet: vastaa OHJE. Peruutus: vastaa STOP. Maksuja voidaan periä.",
      help: "{brand}: Ohjeet: {supportContact}. Peruutus: vastaa STOP. Maksuja voidaan periä.",
    },
  },
  {
    language: "et",
    asOf: AS_OF,
    countries: ["EE"],
    words: [
      listed("STOP", "LÕPETA", "estonia"),
      listed("STOP", "TÜHISTA", "estonia"),
      translated("START", "ALUSTA"),
      translated("HELP", "ABI"),
    ],
    replies: {
      stop: "{brand}: Tellimus on peatatud. Rohkem teateid me ei saada. Taastamiseks vasta START.",
      start: "{brand}: Tellimus on aktiivne. Abi saamiseks vasta ABI, loobumiseks STOP.",
      help: "{brand}: Abi: {supportContact}. Loobumiseks vasta STOP.",
    },
  },
  {
    language: "lv",
    asOf: AS_OF,
    countries: ["LV"],
    words: [translated("STOP", "ATTEIKTIES"), translated("HELP", "PALĪDZĪBA")],
    replies: {
      stop: "{brand}: Jūs esat atteicies no mūsu ziņām. Atsākt: START",
      start: "{brand}: Abonements aktīvs. Palīdzība: HELP. Atteikties: STOP",
      help: "{brand}: Palīdzība: {supportContact}. Atteikties: STOP",
    },
  },
  {
    language: "lt",
    asOf: AS_OF,
    countries: ["LT"],
    words: [translated("STOP", "ATSISAKYTI"), translated("HELP", "PAGALBA")],
    replies: {
      stop: "{brand}: Prenumerata nutraukta. Daugiau SMS negausite. Atnaujinti: START",
      start: "{brand}: Prenumerata aktyvi. Pagalba: HELP. Atsisakyti: STOP",
      help: "{brand}: Pagalba: {supportContact}. Atsisakyti: STOP",
    },
  },
  {
    language: "cs",
    asOf: AS_OF,
    countries: ["CZ"],
    words: [
      translated("STOP", "ODHLÁSIT"),
      translated("STOP", "ZRUŠIT"),
      translated("START", "PŘIHLÁSIT"),
      translated("HELP", "POMOC"),
    ],
    replies: {
      stop: "{brand}: Odběr zpráv je zrušen. Obnovit: START",
      start: "{brand}: Odběr zpráv je aktivní. Pomoc: POMOC. Zrušit: STOP",
      help: "{brand}: Pomoc: {supportContact}. Zrušit odběr: STOP",
    },
  },
  {
    language: "sk",
    asOf: AS_OF,
    countries: ["SK"],
    words: [
      translated("STOP", "ODHLÁSIŤ"),
      translated("STOP", "ZRUŠIŤ"),
      translated("START", "PRIHLÁSIŤ"),
      translated("HELP", "POMOC"),
    ],
    replies: {
      stop: "{brand}: Odber správ je zrušený. Obnoviť: START",
      start: "{brand}: Odber správ je aktívny. Pomoc: POMOC. Zrušiť: STOP",
      help: "{brand}: Pomoc: {supportContact}. Zrušiť odber: STOP",
    },
  },
  {
    language: "hr",
    asOf: AS_OF,
    countries: ["HR", "BA"],
    words: [translated("STOP", "ODJAVA"), translated("START", "PRIJAVA"), translated("HELP", "POMOĆ")],
    replies: {
      stop: "{brand}: Odjava je potvrđena. Više vam ne šaljemo poruke. Povratak: START",
      start: "{brand}: Prijava je aktivna. Pomoć: HELP. Odjava: STOP",
      help: "{brand}: Pomoć: {supportContact}. Odjava: STOP",
    },
  },
  {
    language: "sl",
    asOf: AS_OF,
    countries: ["SI"],
    words: [translated("STOP", "ODJAVA"), translated("START", "PRIJAVA"), translated("HELP", "POMOČ")],
    replies: {
      stop: "{brand}: Odjavljeni ste, novih sporočil ne bo. Vrnitev: START",
      start: "{brand}: Prijava je aktivna. Pomoč: HELP. Odjava: STOP",
      help: "{brand}: Pomoč: {supportContact}. Odjava: STOP",
    },
  },
  {
    language: "hu",
    asOf: AS_OF,
    countries: ["HU"],
    words: [
      translated("STOP", "LEIRATKOZÁS"),
      translated("STOP", "LEIRATKOZOM"),
      translated("START", "FELIRATKOZÁS"),
      translated("HELP", "SEGÍTSÉG"),
    ],
    replies: {
      stop: "{brand}: Leiratkozott, több üzenetet nem küldünk. Visszatérés: START",
      start: "{brand}: Feliratkozott. Segítség: HELP. Leiratkozás: STOP",
      help: "{brand}: Segítség: {supportContact}. Leiratkozás: STOP",
    },
  },
  {
    language: "el",
    asOf: AS_OF,
    countries: ["GR", "CY"],
    words: [
      translated("STOP", "ΔΙΑΚΟΠΗ"),
      translated("STOP", "ΣΤΟΠ"),
      translated("START", "ΕΓΓΡΑΦΗ"),
      translated("HELP", "ΒΟΗΘΕΙΑ"),
    ],
    replies: {
      stop: "{brand}: Διαγραφήκατε, δεν θα λάβετε άλλα μηνύματα. Επιστροφή: START",
      start: "{brand}: Η εγγραφή σας είναι ενεργή. Βοήθεια: HELP. Διακοπή: STOP",
      help: "{brand}: Βοήθεια: {supportContact}. Διακοπή: STOP",
    },
  },
  {
    language: "he",
    asOf: AS_OF,
    countries: ["IL"],
    words: [
      translated("STOP", "הסר"),
      translated("STOP", "הסרה"),
      listed("STOP", "HASER", "israel"),
      translated("HELP", "עזרה"),
    ],
    replies: {
      stop: "{brand}: הוסרתם מרשימת התפוצה ולא תקבלו הודעות נוספות. לחזרה: START",
      start: "{brand}: ההרשמה פעילה. לעזרה: HELP. להסרה: STOP",
      help: "{brand}: לעזרה: {supportContact}. להסרה: STOP",
    },
  },
  {
    language: "ar",
    asOf: AS_OF,
    countries: "SA AE EG IQ JO KW LB LY MA OM QA SY TN YE BH DZ SD".split(" "),
    words: [
      translated("STOP", "إيقاف"),
      translated("STOP", "إلغاء"),
      translated("START", "اشتراك"),
      translated("HELP", "مساعدة"),
    ],
    replies: {
      stop: "{brand}: تم إلغاء اشتراكك ولن تصلك رسائل أخرى. للعودة: START",
      start: "{brand}: اشتراكك مفعل. للمساعدة: HELP. للإلغاء: STOP",
      help: "{brand}: للمساعدة: {supportContact}. للإلغاء: STOP",
    },
  },
  {
    language: "zh",
    asOf: AS_OF,
    countries: ["CN", "HK", "TW", "MO"],
    words: [
      listed("STOP", "TD", "tencent"),
      translated("STOP", "退订"),
      translated("STOP", "退訂"),
      translated("START", "订阅"),
      translated("START", "訂閱"),
      translated("HELP", "帮助"),
      translated("HELP", "幫助"),
    ],
    replies: {
      stop: "{brand}: 您已退订，不会再收到我们的短信。回复 START 可重新订阅。",
      start: "{brand}: 您已订阅。回复 HELP 获取帮助，回复 STOP 退订。",
      help: "{brand}: 帮助：{supportContact}。回复 STOP 退订。",
    },
  },
  {
    language: "ja",
    asOf: AS_OF,
    countries: ["JP"],
    words: [
      translated("STOP", "停止"),
      translated("STOP", "配信停止"),
      translated("START", "再開"),
      translated("HELP", "ヘルプ"),
    ],
    replies: {
      stop: "{brand}: 配信を停止しました。今後メッセージは送信されません。再開は START と返信してください。",
      start: "{brand}: 配信を開始しました。ヘルプは HELP、停止は STOP と返信してください。",
      help: "{brand}: お問い合わせ：{supportContact}。配信の停止は STOP と返信してください。",
    },
  },
  {
    language: "ko",
    asOf: AS_OF,
    countries: ["KR"],
    words: [
      translated("STOP", "수신거부"),
      translated("STOP", "중지"),
      translated("START", "수신동의"),
      translated("HELP", "도움말"),
    ],
    replies: {
      stop: "{brand}: 수신거부 처리되었습니다. 더 이상 문자를 보내지 않습니다. 다시 받으려면 START 회신",
      start: "{brand}: 수신동의 처리되었습니다. 도움말: HELP 회신, 수신거부: STOP 회신",
      help: "{brand}: 문의: {supportContact}. 수신거부: STOP 회신",
    },
  },
  {
    language: "hi",
    asOf: AS_OF,
    countries: ["IN"],
    words: [
      translated("STOP", "रोकें"),
      translated("STOP", "बंद करें"),
      translated("START", "शुरू करें"),
      translated("HELP", "मदद"),
      translated("HELP", "सहायता"),
    ],
    replies: {
      stop: "{brand}: अब संदेश नहीं आएँगे। फिर से पाने के लिए START लिखें।",
      start: "{brand}: सदस्यता चालू है। मदद के लिए HELP, बंद करने के लिए STOP लिखें।",
      help: "{brand}: मदद: {supportContact}। बंद करने के लिए STOP लिखें।",
    },
  },
  {
    language: "bn",
    asOf: AS_OF,
    countries: ["BD"],
    words: [translated("STOP", "বন্ধ"), translated("START", "শুরু"), translated("HELP", "সাহায্য")],
    replies: {
      stop: "{brand}: বার্তা বন্ধ করা হয়েছে। আবার পেতে START লিখুন।",
      start: "{brand}: বার্তা চালু আছে। সাহায্যের জন্য HELP, বন্ধ করতে STOP লিখুন।",
      help: "{brand}: সাহায্য: {supportContact}। বন্ধ করতে STOP লিখুন।",
    },
  },
  {
    language: "ta",
    asOf: AS_OF,
    countries: ["LK"],
    words: [translated("STOP", "நிறுத்து"), translated("START", "தொடங்கு"), translated("HELP", "உதவி")],
    replies: {
      stop: "{brand}: செய்திகள் நிறுத்தப்பட்டன. மீண்டும் பெற: START",
      start: "{brand}: செய்திகள் தொடங்கப்பட்டன. உதவி: HELP. நிறுத்த: STOP",
      help: "{brand}: உதவி: {supportContact}. நிறுத்த: STOP",
    },
  },
  {
    language: "ms",
    asOf: AS_OF,
    countries: ["MY", "BN"],
    words: [translated("STOP", "BERHENTI"), translated("START", "MULA"), translated("HELP", "BANTUAN")],
    replies: {
      stop: "{brand}: Langganan anda telah dihentikan. Anda tidak akan menerima mesej lagi. Balas START untuk melanggan semula.",
      start:
        "{brand}: Langganan anda aktif. Balas BANTUAN untuk bantuan, STOP untuk berhenti. Caj mungkin dikenakan.",
      help: "{brand}: Bantuan: {supportContact}. Balas STOP untuk berhenti. Caj mungkin dikenakan.",
    },
  },
  {
    language: "af",
    asOf: AS_OF,
    countries: ["ZA", "NA"],
    words: [translated("STOP", "STAAK"), translated("START", "BEGIN"), translated("HELP", "HULP")],
    replies: {
      stop: "{brand}: Jy sal geen verdere boodskappe van ons ontvang nie. Antwoord START om weer in te teken.",
      start: "{brand}: Jy is ingeteken. Antwoord HULP vir hulp, STOP om uit te teken. Koste mag geld.",
      help: "{brand}: Hulp: {supportContact}. Antwoord STOP om uit te teken. Koste mag geld.",
    },
  },
];

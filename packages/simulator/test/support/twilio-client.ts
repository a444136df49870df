import twilio from "twilio";

/** The official client, its requests for api.twilio.com led to the carrier. */
export function twilioClient(
  url: string,
  { accountSid, authToken }: { readonly accountSid: string; readonly authToken: string },
): ReturnType<typeof twilio> {
  const requests = new twilio.RequestClient();
  const request = requests.request.bind(requests);
  requests.request = (options) => {
    const { pathname, search } = new URL(options.uri);
    return request({ ...options, uri: url + pathname + search });
  };
  return twilio(accountSid, authToken, { httpClient: requests });
}

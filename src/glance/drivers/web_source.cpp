#include "glance/drivers/web_source.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace glance::drivers {
namespace {

using platform::http::Headers;
using platform::http::Response;
using platform::http::WebUrl;

constexpr int kRedirects = 5;
constexpr base::Duration kStall = std::chrono::seconds{30};

bool is_redirect(int status) {
  constexpr std::array kStatuses{301, 302, 303, 307, 308};
  return std::ranges::find(kStatuses, status) != kStatuses.end();
}

}  // namespace

void refuse_download(const std::string& reason, const std::string& detail) {
  throw base::Error(base::ErrorKind::bad_request, "The image could not be downloaded: " + reason,
                    detail);
}

bool WebSource::passes(const std::string& url) const {
  const auto parsed = platform::http::parse_web_url(url);
  return parsed && passes_(*parsed);
}

Response WebSource::ask(const WebUrl& url, const Headers& headers) const {
  if (!passes_(url))
    refuse_download("it leads to where downloads are not allowed from.", url.base());
  platform::http::Request request;
  request.path = url.path;
  request.query_text = url.query_text;
  request.headers = headers;
  request.headers.set("Accept", "*/*");
  request.headers.set("User-Agent", "nephele-glance");
  try {
    return transport_->send(url.base(), request, kStall);
  } catch (const base::Error& error) {
    // What the transport throws would say that Glance does not answer.
    refuse_download(error.message(), error.detail());
  }
}

Response WebSource::get_once(const std::string& text, const Headers& headers) const {
  const auto url = platform::http::parse_web_url(text);
  if (!url) refuse_download("its URL is none.", text);
  return ask(*url, headers);
}

Response WebSource::get(const std::string& text, const Headers& headers) const {
  auto url = platform::http::parse_web_url(text);
  for (int redirects = 0; url && redirects <= kRedirects; ++redirects) {
    Response response = ask(*url, headers);
    if (!is_redirect(response.status)) return response;
    url = resolve(*url, response.headers.value("Location"));
  }
  refuse_download(url ? "it is redirected too often." : "a redirect leads nowhere.");
}

}  // namespace glance::drivers

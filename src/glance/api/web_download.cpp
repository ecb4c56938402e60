#include "glance/api/web_download.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "platform/log.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using platform::http::Response;
using platform::http::WebUrl;

constexpr int kRedirects = 5;
constexpr base::Duration kStall = std::chrono::seconds{30};

[[noreturn]] void refuse_download(const std::string& reason, const std::string& detail = {}) {
  throw Error(ErrorKind::bad_request, "The image could not be downloaded: " + reason, detail);
}

// What the transport throws would say that Glance does not answer.
template <class Work>
auto as_download_error(Work work) {
  try {
    return work();
  } catch (const Error& error) {
    refuse_download(error.message(), error.detail());
  }
}

Response ask_web(const ImageApi& api, const WebUrl& url) {
  if (!api.import_rules.web.passes(url))
    refuse_download("a redirect leads to where downloads are not allowed from.", url.base());
  platform::http::Request request;
  request.path = url.path;
  request.query_text = url.query_text;
  request.headers.set("Accept", "*/*");
  request.headers.set("User-Agent", "nephele-glance");
  return as_download_error([&] { return api.web.send(url.base(), request, kStall); });
}

bool is_redirect(int status) {
  constexpr std::array kStatuses{301, 302, 303, 307, 308};
  return std::ranges::find(kStatuses, status) != kStatuses.end();
}

class WebReader final : public platform::http::BodyReader {
 public:
  WebReader(std::shared_ptr<platform::http::BodyReader> body, std::function<void()> check)
      : body_(std::move(body)), check_(std::move(check)) {}

  size_t read(char* buffer, size_t size) override {
    check_();
    return as_download_error([&] { return body_->read(buffer, size); });
  }

 private:
  std::shared_ptr<platform::http::BodyReader> body_;
  std::function<void()> check_;
};

}  // namespace

Response open_web(const ImageApi& api, const std::string& text) {
  auto url = platform::http::parse_web_url(text);
  for (int redirects = 0; url && redirects <= kRedirects; ++redirects) {
    Response response = ask_web(api, *url);
    if (response.status == 200) return response;
    if (!is_redirect(response.status))
      refuse_download(fmt::format("the server answers {}.", response.status), url->base());
    url = resolve(*url, response.headers.value("Location"));
  }
  refuse_download(url ? "it is redirected too often." : "a redirect leads nowhere.");
}

std::unique_ptr<platform::http::BodyReader> make_web_reader(
    std::shared_ptr<platform::http::BodyReader> body, std::function<void()> check) {
  return std::make_unique<WebReader>(std::move(body), std::move(check));
}

}  // namespace glance::api

#include "glance/api/web_download.hpp"

#include <fmt/core.h>

namespace glance::api {
namespace {

using platform::http::Response;

class WebReader final : public platform::http::BodyReader {
 public:
  WebReader(std::shared_ptr<platform::http::BodyReader> body, std::function<void()> check)
      : body_(std::move(body)), check_(std::move(check)) {}

  size_t read(char* buffer, size_t size) override {
    check_();
    try {
      return body_->read(buffer, size);
    } catch (const base::Error& error) {
      drivers::refuse_download(error.message(), error.detail());
    }
  }

 private:
  std::shared_ptr<platform::http::BodyReader> body_;
  std::function<void()> check_;
};

}  // namespace

Response open_web(const ImageApi& api, const std::string& url) {
  Response response = api.web.get(url);
  if (response.status != 200)
    drivers::refuse_download(fmt::format("the server answers {}.", response.status), url);
  return response;
}

std::unique_ptr<platform::http::BodyReader> make_web_reader(
    std::shared_ptr<platform::http::BodyReader> body, std::function<void()> check) {
  return std::make_unique<WebReader>(std::move(body), std::move(check));
}

}  // namespace glance::api

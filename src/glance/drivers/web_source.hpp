// Fetches what the URLs of strangers lead to, as the operator allows it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "platform/http/client.hpp"
#include "platform/http/web_url.hpp"

namespace glance::drivers {

// Immutable, so thread-safe as its transport is.
class WebSource {
 public:
  using Filter = std::function<bool(const platform::http::WebUrl&)>;

  // `transport` keeps the rule of addresses, `passes` the operator's filter of URLs.
  WebSource(std::shared_ptr<platform::http::Transport> transport, Filter passes)
      : transport_(std::move(transport)), passes_(std::move(passes)) {}

  [[nodiscard]] bool passes(const std::string& url) const;
  // The answer to a GET, whatever it is, but a redirect: a few of these are followed, each of which
  // must pass. Throws Error(bad_request) that says why there is none.
  [[nodiscard]] platform::http::Response get(const std::string& url,
                                             const platform::http::Headers& headers = {}) const;
  // The same, but no redirect is followed: for headers that are not for whom it leads to.
  [[nodiscard]] platform::http::Response get_once(const std::string& url,
                                                  const platform::http::Headers& headers) const;

 private:
  [[nodiscard]] platform::http::Response ask(const platform::http::WebUrl& url,
                                             const platform::http::Headers& headers) const;

  std::shared_ptr<platform::http::Transport> transport_;
  Filter passes_;
};

// Throws Error(bad_request): why nothing was to be had.
[[noreturn]] void refuse_download(const std::string& reason, const std::string& detail = {});

}  // namespace glance::drivers

// What an operator says of imports.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "platform/config.hpp"
#include "platform/http/address_rule.hpp"
#include "platform/http/web_url.hpp"

namespace glance::api {

// A pair of options: who is named in `allowed` passes; if that is empty, who is not in
// `disallowed`.
struct AllowList {
  std::vector<std::string> allowed;
  std::vector<std::string> disallowed;
  [[nodiscard]] bool passes(std::string_view name) const;
};

// [import_filtering_opts]: where web-download may go.
struct WebFilter {
  AllowList schemes;
  AllowList hosts;
  AllowList ports;
  [[nodiscard]] bool passes(const platform::http::WebUrl& url) const;
};

// What [image_import_opts] image_import_plugins may name, beside no_op.
enum class Plugin { image_decompression, image_conversion, inject_image_metadata };

struct ImportRules {
  std::vector<std::string> methods;
  std::vector<Plugin> plugins;        // in their order
  std::string output_format = "raw";  // of image_conversion, as QEMU calls it and Glance too
  // Of inject_image_metadata: properties of images, unless the user has one of the roles.
  std::map<std::string, std::string> injected;
  std::vector<std::string> injected_not_for;
  std::vector<std::string> copied_properties;  // of glance-download, by how they begin
  WebFilter web;
  base::Duration download_time = std::chrono::hours{4};
};

// Throws base::Error(bad_request) that says what is wrong.
[[nodiscard]] ImportRules read_import_rules(const platform::Config& config);
// Which addresses web-download may reach. Throws as read_import_rules.
[[nodiscard]] platform::http::AddressRule read_address_rule(const platform::Config& config);

}  // namespace glance::api

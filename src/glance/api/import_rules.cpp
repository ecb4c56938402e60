#include "glance/api/import_rules.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "glance/task.hpp"

namespace glance::api {
namespace {

constexpr std::string_view kFilterGroup = "import_filtering_opts";
constexpr std::string_view kInjectGroup = "inject_metadata_properties";
constexpr std::array kMethods{kGlanceDirect, kWebDownload, kGlanceDownload, kCopyImage};

[[noreturn]] void refuse_rule(std::string message) {
  throw base::Error(base::ErrorKind::bad_request, std::move(message));
}

std::string_view without(std::string_view text, char first, char last) {
  const bool has_both = text.size() >= 2 && text.starts_with(first) && text.ends_with(last);
  return has_both ? text.substr(1, text.size() - 2) : text;
}

// oslo.config's bounded lists: "[a, 'b']"; Glance takes no others here, and we also those without
// brackets.
std::vector<std::string> read_list(const platform::Config& config, std::string_view group,
                                   std::string_view name) {
  std::vector<std::string> items;
  const std::string text = config.text(group, name);
  for (const std::string_view part : base::split(without(base::trim(text), '[', ']'), ',')) {
    const std::string_view item = without(without(base::trim(part), '\'', '\''), '"', '"');
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

AllowList read_allow_list(const platform::Config& config, const std::string& what) {
  AllowList list{read_list(config, kFilterGroup, "allowed_" + what),
                 read_list(config, kFilterGroup, "disallowed_" + what)};
  for (auto* names : {&list.allowed, &list.disallowed})
    for (std::string& name : *names) name = base::lower(name);
  return list;
}

std::vector<std::string> read_methods(const platform::Config& config) {
  auto methods = read_list(config, "DEFAULT", "enabled_import_methods");
  for (const std::string& method : methods)
    if (std::ranges::find(kMethods, method) == kMethods.end())
      refuse_rule(fmt::format("\"{}\" in enabled_import_methods is not built", method));
  return methods;
}

std::vector<Plugin> read_plugins(const platform::Config& config) {
  static const std::map<std::string, Plugin> kPlugins{
      {"image_decompression", Plugin::image_decompression},
      {"image_conversion", Plugin::image_conversion},
      {"inject_image_metadata", Plugin::inject_image_metadata}};
  std::vector<Plugin> plugins;
  for (const std::string& name : read_list(config, "image_import_opts", "image_import_plugins")) {
    if (name == "no_op") continue;
    const auto found = kPlugins.find(name);
    if (found == kPlugins.end())
      refuse_rule(fmt::format("\"{}\" in image_import_plugins is not built", name));
    plugins.push_back(found->second);
  }
  return plugins;
}

std::string read_output_format(const platform::Config& config) {
  std::string format = config.text("image_conversion", "output_format");
  if (format != "raw" && format != "qcow2" && format != "vmdk")
    refuse_rule("output_format in [image_conversion] must be raw, qcow2 or vmdk");
  return format;
}

// oslo.config's DictOpt: "a:1,b:2".
std::map<std::string, std::string> read_injected(const platform::Config& config) {
  std::map<std::string, std::string> properties;
  for (const std::string& pair : read_list(config, kInjectGroup, "inject")) {
    const size_t colon = pair.find(':');
    const std::string name(base::trim(std::string_view(pair).substr(0, colon)));
    if (colon == std::string::npos || name.empty() || name.size() > 255)
      refuse_rule(fmt::format("\"{}\" in inject of [{}] must be NAME:VALUE", pair, kInjectGroup));
    properties[name] = std::string(base::trim(std::string_view(pair).substr(colon + 1)));
  }
  return properties;
}

}  // namespace

bool AllowList::passes(std::string_view name) const {
  if (!allowed.empty()) return std::ranges::find(allowed, name) != allowed.end();
  return std::ranges::find(disallowed, name) == disallowed.end();
}

bool WebFilter::passes(const platform::http::WebUrl& url) const {
  return schemes.passes(url.scheme) && hosts.passes(url.host) &&
         ports.passes(std::to_string(url.port)) && (url.scheme == "http" || url.scheme == "https");
}

ImportRules read_import_rules(const platform::Config& config) {
  ImportRules rules;
  rules.methods = read_methods(config);
  rules.plugins = read_plugins(config);
  rules.output_format = read_output_format(config);
  if (std::ranges::find(rules.plugins, Plugin::inject_image_metadata) != rules.plugins.end())
    rules.injected = read_injected(config);
  rules.injected_not_for = read_list(config, kInjectGroup, "ignore_user_roles");
  rules.copied_properties = read_list(config, "glance_download_properties", "extra_properties");
  rules.web = {read_allow_list(config, "schemes"), read_allow_list(config, "hosts"),
               read_allow_list(config, "ports")};
  rules.download_time = std::chrono::seconds{config.integer(kFilterGroup, "download_timeout")};
  return rules;
}

platform::http::AddressRule read_address_rule(const platform::Config& config) {
  return platform::http::AddressRule(read_list(config, kFilterGroup, "allowed_networks"));
}

}  // namespace glance::api

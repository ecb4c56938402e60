// What keeps the volumes of a back end, as its section of cinder.conf says.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cinder/drivers/volume/provider.hpp"
#include "platform/config.hpp"

namespace cinder::volume {

// Options of sections that say so.
[[nodiscard]] std::span<const platform::Option> provider_options();
[[nodiscard]] std::string or_else(const std::string& text, const std::string& fallback);

// `host`: this one, by its name in the cloud. Throws base::Error(bad_request) for options that mean
// nothing, and what the provider throws.
[[nodiscard]] std::unique_ptr<drivers::Provider> make_provider(const platform::Config& config,
                                                               const std::string& section,
                                                               const std::string& host);
// Ends what the provider has on this host beside its process; a line each into `ended`.
void clean_provider(const platform::Config& config, const std::string& section,
                    std::vector<std::string>& ended);

}  // namespace cinder::volume

#include "platform/database/connection_url.hpp"

#include <fmt/core.h>

#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/url_authority.hpp"

namespace platform {
namespace {

constexpr std::string_view kOption = "[database] connection";
constexpr std::string_view kForms =
    "It is sqlite:////PATH or mysql+pymysql://USER:PASSWORD@HOST/NAME";

[[noreturn]] void refuse_connection_url(const std::string& message) {
  throw base::Error(base::ErrorKind::bad_request, fmt::format("{}: {}", kOption, message));
}

// What a parameter of the URL's query sets. Those of PyMySQL that change nothing here are taken and
// ignored; any other is refused, so that a misspelt ssl_ca does not mean an open connection.
struct Parameter {
  std::string_view name;
  void (*apply)(MariadbOptions&, std::string value);
};

bool is_true(std::string_view value) {
  return value == "1" || base::equals_ignoring_case(value, "true");
}

void check_charset(MariadbOptions&, std::string value) {
  if (value != "utf8" && value != "utf8mb4")
    refuse_connection_url(
        fmt::format("charset={} is not possible: text is UTF-8, charset=utf8mb4", value));
}
void ignore(MariadbOptions&, std::string) {}

constexpr std::array kParameters{
    Parameter{"charset", check_charset},
    Parameter{"use_unicode", ignore},
    Parameter{"plugin", ignore},
    Parameter{"unix_socket",
              [](MariadbOptions& options, std::string value) { options.socket = value; }},
    Parameter{"ssl_ca",
              [](MariadbOptions& options, std::string value) { options.tls.ca_file = value; }},
    Parameter{"ssl_cert", [](MariadbOptions& options,
                             std::string value) { options.tls.certificate_file = value; }},
    Parameter{"ssl_key",
              [](MariadbOptions& options, std::string value) { options.tls.key_file = value; }},
    Parameter{"ssl", [](MariadbOptions& options,
                        std::string value) { options.tls.required = is_true(value); }},
    Parameter{"ssl_check_hostname", [](MariadbOptions& options,
                                       std::string value) { options.tls.verify = is_true(value); }},
    Parameter{"ssl_verify_cert", [](MariadbOptions& options,
                                    std::string value) { options.tls.verify = is_true(value); }},
};

void apply_parameters(MariadbOptions& options, std::string_view query) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view item = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const size_t equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    const auto parameter = std::find_if(kParameters.begin(), kParameters.end(),
                                        [&](const Parameter& known) { return known.name == name; });
    if (parameter == kParameters.end()) {
      std::string known;
      for (const Parameter& each : kParameters) known += " " + std::string(each.name);
      refuse_connection_url(fmt::format("'{}' is no known parameter; there are:{}", name, known));
    }
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1);
    parameter->apply(options, base::percent_decode(value));
  }
}

void apply_authority(MariadbOptions& options, UrlAuthority authority) {
  if (!authority.host.empty()) options.host = std::move(authority.host);
  if (authority.port) options.port = *authority.port;
  if (authority.user) options.user = std::move(*authority.user);
  if (authority.password) options.password = std::move(*authority.password);
}

MariadbOptions parse_mariadb(std::string_view rest) {
  MariadbOptions options;
  // What stands before an '@' is the password's, and must not turn up in a message.
  const size_t secret_end = rest.rfind('@');
  const size_t question = rest.find('?', secret_end == std::string_view::npos ? 0 : secret_end);
  if (question != std::string_view::npos) apply_parameters(options, rest.substr(question + 1));
  rest = rest.substr(0, question);
  const size_t slash = rest.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == rest.size())
    refuse_connection_url("the name of the database is missing at the end of the URL");
  options.database = base::percent_decode(rest.substr(slash + 1));
  rest = rest.substr(0, slash);
  apply_authority(options, parse_url_authority(rest, kOption));
  return options;
}

// sqlite:///relative, sqlite:////absolute, sqlite:// (memory), as SQLAlchemy has it.
SqliteOptions parse_sqlite(std::string_view rest) {
  rest = rest.substr(0, rest.find('?'));
  if (rest.empty() || rest == "/:memory:") return {.path = ":memory:"};
  if (rest.front() != '/')
    refuse_connection_url("the path of an SQLite file comes after three slashes");
  return {.path = base::percent_decode(rest.substr(1))};
}

}  // namespace

DatabaseTarget parse_connection_url(std::string_view url) {
  const size_t end = url.find("://");
  if (end == std::string_view::npos)
    refuse_connection_url(fmt::format("this is no URL. {}", kForms));
  const std::string_view scheme = url.substr(0, end);
  const std::string_view product = scheme.substr(0, scheme.find('+'));
  const std::string_view rest = url.substr(end + 3);
  if (product == "sqlite") return parse_sqlite(rest);
  if (product == "mysql" || product == "mariadb") return parse_mariadb(rest);
  refuse_connection_url(fmt::format("there is no database '{}'. {}", product, kForms));
}

}  // namespace platform

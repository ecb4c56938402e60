// nephele_bench NAME [BROKER-URL] prints a figure as "NAME value unit".
// nephele_bench fake_hosts BROKER-URL COUNT runs compute hosts that only report
// (bench/fake_hosts.cpp).
#include <fmt/core.h>

#include <cstdlib>
#include <string_view>

#include "figures.hpp"

namespace {

struct Figure {
  std::string_view name;
  std::string_view unit;
  double (*run)(const std::string& url);
};
constexpr Figure kFigures[] = {
    {"token_validate_us", "us", [](const std::string&) { return bench::validate_token(); }},
    {"schedule_10000_us", "us",
     [](const std::string&) { return bench::schedule_among_10000_hosts(); }},
    {"bus_call_ratio", "ratio", bench::compare_bus_call},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  const std::string url = argc > 2 ? argv[2] : "";
  if (name == "fake_hosts" && argc > 3) {
    bench::run_fake_hosts(url, std::atoi(argv[3]));
    return 0;
  }
  for (const Figure& figure : kFigures) {
    if (figure.name != name) continue;
    fmt::print("{} {:.2f} {}\n", figure.name, figure.run(url), figure.unit);
    return 0;
  }
  fmt::print(stderr, "nephele_bench: no figure {}\n", name);
  return 2;
}

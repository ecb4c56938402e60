// A token as a client sends it, and, sealed with the right key, what could stand in one.
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "openstack/token.hpp"

namespace {

struct World {
  std::string keys = make_directory();
  platform::Runtime runtime{platform::system_executor(), platform::system_clock(),
                            platform::system_random(), platform::null_tracer(), "host"};
  openstack::Tokens tokens{keys, runtime, std::make_shared<openstack::Revocations>()};
  openstack::FernetKeys fernet{keys};

  static std::string make_directory() {
    std::string name = std::filesystem::temp_directory_path() / "nephele-fuzz-XXXXXX";
    if (!::mkdtemp(name.data())) std::abort();
    openstack::FernetKeys::ensure(name, platform::system_random());
    return name;
  }
  ~World() { std::filesystem::remove_all(keys); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World world;
  const std::string text(reinterpret_cast<const char*>(data), size);
  // Nobody guesses a key.
  if (world.tokens.validate(text)) std::abort();
  const std::string sealed = world.fernet.current(world.runtime.clock.steady())
                                 ->seal(text, world.runtime.clock.now(), world.runtime.random);
  static_cast<void>(world.tokens.validate(sealed));
  return 0;
}

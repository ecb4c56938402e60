#include "platform/config.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace platform {
namespace {

constexpr Option kOptions[] = {
    {"DEFAULT", "debug", OptionType::boolean, "false", "Say more."},
    {"DEFAULT", "my_ip", OptionType::text, "127.0.0.1", "Address of this host."},
    {"database", "connection", OptionType::text, "", "Where the data is.", true},
    {"database", "max_pool_size", OptionType::integer, "5", "Connections.", false, 1, 100},
    {"scheduler", "cpu_allocation_ratio", OptionType::real, "16.0", "Guest cores | real ones."},
    {"scheduler", "enabled_filters", OptionType::list, "RamFilter, ComputeFilter", "In order."},
    {"api", "admin_password", OptionType::integer, "1", "Not to be shown.", true},
};

Config make_config() { return Config({kOptions}); }

std::string refusal_of(std::string_view text) {
  Config config = make_config();
  try {
    config.parse(text, "nova.conf");
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::bad_request);
    return error.message();
  }
  return "taken";
}

TEST(Config, UnsetOptionsHaveTheirDefaults) {
  const Config config = make_config();
  EXPECT_FALSE(config.boolean("DEFAULT", "debug"));
  EXPECT_EQ(config.integer("database", "max_pool_size"), 5);
  EXPECT_EQ(config.real("scheduler", "cpu_allocation_ratio"), 16.0);
  EXPECT_EQ(config.list("scheduler", "enabled_filters"),
            (std::vector<std::string>{"RamFilter", "ComputeFilter"}));
}

TEST(Config, ReadsWhatOsloConfigReads) {
  Config config = make_config();
  config.parse(
      "# a comment\n"
      "[DEFAULT]\n"
      "debug = True\n"
      "my_ip: 10.0.0.1\r\n"
      "; another\n"
      "\n"
      "[database]\n"
      "connection = \"mysql://a:b@c/d?x=y # no comment\"\n"
      "[scheduler]\n"
      "enabled_filters = RamFilter,\n"
      "    # not that one\n"
      "    ,  DiskFilter\n"
      "cpu_allocation_ratio=1.5",
      "nova.conf");
  EXPECT_TRUE(config.boolean("DEFAULT", "debug"));
  EXPECT_EQ(config.text("DEFAULT", "my_ip"), "10.0.0.1");
  EXPECT_EQ(config.text("database", "connection"), "mysql://a:b@c/d?x=y # no comment");
  EXPECT_EQ(config.list("scheduler", "enabled_filters"),
            (std::vector<std::string>{"RamFilter", "DiskFilter"}));
  EXPECT_EQ(config.real("scheduler", "cpu_allocation_ratio"), 1.5);
}

TEST(Config, TheLastAssignmentCounts) {
  Config config = make_config();
  config.parse("[DEFAULT]\nmy_ip = 1\nmy_ip = 2\n[database]\n[DEFAULT]\nmy_ip = 3\n", "a");
  EXPECT_EQ(config.text("DEFAULT", "my_ip"), "3");
  config.set("DEFAULT", "my_ip", "4");
  EXPECT_EQ(config.text("DEFAULT", "my_ip"), "4");
}

TEST(Config, AMisspelledNameIsRefusedWithTheRightOne) {
  EXPECT_EQ(refusal_of("[DEFAULT]\n\nmyip = 1\n"),
            "nova.conf:3: unknown option \"myip\" in [DEFAULT], did you mean \"my_ip\"?");
  EXPECT_EQ(refusal_of("[databse]\n"),
            "nova.conf:1: unknown section [databse], did you mean [database]?");
  EXPECT_EQ(refusal_of("[DEFAULT]\nconnection = x\n"),
            "nova.conf:2: unknown option \"connection\" in [DEFAULT]: it belongs into [database]");
}

TEST(Config, AUserMayNameSectionsOfAnOptionOfAnySection) {
  static constexpr Option kOfBackends[] = {
      {"DEFAULT", "enabled_backends", OptionType::list, "file", "sections"},
      {"*", "volume_driver", OptionType::text, "file", "what keeps volumes"}};
  Config config({kOfBackends});
  config.parse("[fast]\nvolume_driver = lvm\n[slow]\n", "cinder.conf");
  EXPECT_EQ(config.text("fast", "volume_driver"), "lvm");
  EXPECT_EQ(config.text("slow", "volume_driver"), "file");
  EXPECT_THROW(config.parse("[fast]\nvolume_drivr = lvm\n", "cinder.conf"), base::Error);
  EXPECT_THROW(config.parse("[DEFAULT]\nvolume_driver = lvm\n", "cinder.conf"), base::Error);
}

TEST(Config, AValueThatDoesNotFitIsRefused) {
  EXPECT_EQ(refusal_of("[database]\nmax_pool_size = 0\n"),
            "nova.conf:2: \"max_pool_size\" in [database] must be a whole number from 1 to 100, "
            "not \"0\"");
  EXPECT_EQ(refusal_of("[DEFAULT]\ndebug = maybe\n"),
            "nova.conf:2: \"debug\" in [DEFAULT] must be true or false, not \"maybe\"");
  EXPECT_EQ(refusal_of("[scheduler]\ncpu_allocation_ratio = 1.5x\n"),
            "nova.conf:2: \"cpu_allocation_ratio\" in [scheduler] must be a number, not \"1.5x\"");
}

TEST(Config, ASecretIsNotInItsRefusal) {
  EXPECT_EQ(refusal_of("[api]\nadmin_password = hunter2\n"),
            "nova.conf:2: \"admin_password\" in [api] must be a whole number");
}

TEST(Config, TextThatIsNoIniIsRefusedWithItsLine) {
  EXPECT_EQ(refusal_of("my_ip = 1\n"),
            "nova.conf:1: a section, e.g. [DEFAULT], must come before the first option");
  EXPECT_EQ(refusal_of("[DEFAULT]\nmy_ip\n"), "nova.conf:2: this is no \"name = value\"");
  EXPECT_EQ(refusal_of("[DEFAULT\n"), "nova.conf:1: a section must end with \"]\"");
  EXPECT_EQ(refusal_of("[DEFAULT]\n  my_ip = 1\n"),
            "nova.conf:2: this line is indented, but there is no value that it could continue");
}

TEST(Config, AnOperatorsOwnSectionsHaveTheOptionsOfAnyGroup) {
  constexpr Option kOwn[] = {
      {"*", "directory", OptionType::text, "", "Where a store keeps its files."},
      {"store", "directory", OptionType::text, "/store", "Where the one without a name does."},
  };
  Config config({kOwn});

  config.parse("[fast]\ndirectory = /fast\n[empty]\n", "glance.conf");

  EXPECT_EQ(config.text("fast", "directory"), "/fast");
  EXPECT_EQ(config.text("store", "directory"), "/store");
  EXPECT_EQ(config.text("other", "directory"), "");
  EXPECT_THROW(config.parse("[fast]\ndirectry = /x\n", "glance.conf"), base::Error);
}

TEST(Config, AMissingFileIsNamed) {
  Config config = make_config();
  EXPECT_THROW(config.load_file("/nonexistent/nova.conf"), base::Error);
  EXPECT_THROW(config.load_file("/tmp"), base::Error);
}

TEST(Config, TheReferenceHasATablePerGroup) {
  const std::string text = make_config().reference();
  EXPECT_NE(text.find("## [database]\n\n| option | type | default | meaning |\n|---|---|---|---|\n"
                      "| `connection` | text |  | Where the data is. Secret. |\n"
                      "| `max_pool_size` | integer | `5` | Connections. |\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Guest cores \\| real ones."), std::string::npos);
}

TEST(ConfigDeathTest, AskingForAnUndeclaredOptionAborts) {
  const Config config = make_config();
  EXPECT_DEATH((void)config.text("DEFAULT", "nothing"), "it is in no table");
  EXPECT_DEATH((void)config.integer("DEFAULT", "debug"), "it is no integer");
}

}  // namespace
}  // namespace platform

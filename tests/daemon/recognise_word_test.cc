#include "daemon/recognise_word.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

namespace logmill {
namespace {

const std::map<std::string, std::string>& Examples() {
  static const std::map<std::string, std::string> examples{{"url", "https://photos.example.net/share/abc"},
                                                           {"email", "anna.miller@example.org"},
                                                           {"token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N"},
                                                           {"ip", "203.0.113.77"},
                                                           {"path", "/home/anna/holiday.jpg"},
                                                           {"uuid", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"}};
  return examples;
}

std::vector<std::string> AllKinds() {
  const auto kinds = RecognisedKinds();
  return {kinds.begin(), kinds.end()};
}

TEST(RecogniseWordTest, EveryKindHasAnExampleAndRecognisesIt) {
  const auto recognise = MakeWordRecogniser(AllKinds());
  EXPECT_EQ(AllKinds().size(), Examples().size());
  for (const std::string& kind : AllKinds()) EXPECT_EQ(recognise(Examples().at(kind)), kind);
}

TEST(RecogniseWordTest, OneKindAloneRecognisesNothingElse) {
  for (const auto& [kind, example] : Examples()) {
    const auto recognise = MakeWordRecogniser({kind});
    EXPECT_EQ(recognise(example), kind);
    EXPECT_EQ(recognise("word"), "");
  }
  EXPECT_EQ(MakeWordRecogniser({"ip"})("anna.miller@example.org"), "");
  EXPECT_EQ(MakeWordRecogniser({})("anna.miller@example.org"), "");
}

// What is not wanted does not hide what is.
TEST(RecogniseWordTest, OneKindInsideOfAnother) {
  EXPECT_EQ(MakeWordRecogniser({"email"})("https://example.net/?mail=anna@example.org"), "email");
  EXPECT_EQ(MakeWordRecogniser({"ip"})("http://203.0.113.77:3000/api"), "ip");
  EXPECT_EQ(MakeWordRecogniser({"uuid"})("/home/3f2504e0-4f89-11d3-9a0c-0305e82c3301/a.jpg"), "uuid");
  EXPECT_EQ(MakeWordRecogniser({"ip", "url"})("http://203.0.113.77:3000/api"), "url");
}

TEST(RecogniseWordTest, WordsOfEveryDayPass) {
  const auto recognise = MakeWordRecogniser(AllKinds());
  for (const char* word :
       {"", "word", "v2.4.1", "12:30:59", "12/31/2025", "image/jpeg", "application/json", "42", "bullmq@latest", "JobService"}) {
    EXPECT_EQ(recognise(word), "") << word;
  }
}

// The forms look at 128 bytes of a label; a word of a log may be as long as it likes.
TEST(RecogniseWordTest, AnywhereInALongWord) {
  const auto recognise = MakeWordRecogniser(AllKinds());
  for (const auto& [kind, example] : Examples()) {
    if (kind == "token") continue;  // is recognised by its beginning, which cannot stand in the middle of letters
    for (size_t before = 0; before < 300; before += 7) {
      EXPECT_NE(recognise(std::string(before, '!') + example + std::string(1000, '!')), "") << kind << " behind " << before;
    }
  }
  EXPECT_EQ(recognise(std::string(1 << 20, 'x')), "");
}

}  // namespace
}  // namespace logmill
